import { userInfo } from 'node:os';
import type { Config } from './config/config.js';
import { PostgresUnreachable } from './platform/database/postgres/postgres-unreachable.js';
import { NewerSchema } from './platform/database/schema/schema-version.js';
import { redactUrl } from './platform/fetch/redact-url.js';

type StartError = Error & { code?: string | number; path?: string; syscall?: string; hostname?: string; errcode?: number; cause?: unknown; previous?: unknown };
type Settings = Pick<Config, 'host' | 'port' | 'dataDir' | 'database' | 'imageStore' | 'trustedDocuments'>;

/** Messages for system errors of files and folders, by error code. */
const FILE_FAULTS: ReadonlyMap<string, string> = new Map([
  ['EEXIST', 'is a file where a folder is needed'],
  ['ENOTDIR', 'leads through a file where a folder is needed'],
  ['ENOENT', 'is not there'],
  ['EACCES', `may not be used by the user ${userName()}: give it to that user, or name another one`],
  ['EPERM', `may not be used by the user ${userName()}: give it to that user, or name another one`],
  ['EROFS', 'is on a file system that is mounted read-only'],
  ['ENOSPC', 'is on a disk that is full'],
  ['EISDIR', 'is a folder where a file is needed'],
]);

/** Messages for errors of a Postgres that was reached, by SQLSTATE. */
const POSTGRES_FAULTS: ReadonlyMap<string, string> = new Map([
  ['42501', 'the user may not create tables in this database; grant it, or make it the owner'],
  ['53300', 'Postgres has no connection left (max_connections)'],
  ['57P03', 'Postgres is starting up or shutting down'],
  ['25006', 'the server is a read-only replica; name the primary'],
]);

const SQLITE_FAULTS: ReadonlyMap<string, string> = new Map([
  ['SQLITE_NOTADB', 'is no SQLite file, or is damaged; restore it from a backup'],
  ['SQLITE_CORRUPT', 'is damaged; restore it from a backup'],
  ['SQLITE_CANTOPEN', `cannot be opened by the user ${userName()}`],
  ['SQLITE_READONLY', `cannot be written by the user ${userName()}`],
  ['SQLITE_FULL', 'is on a disk that is full'],
  ['SQLITE_IOERR', 'cannot be read or written: its disk is full or broken'],
]);

const LOCK_FAULTS: ReadonlyMap<number, string> = new Map([
  [8, `may not be written by the user ${userName()}: give it to that user, or name another one`],
  [13, 'is on a disk that is full'],
  [14, `may not be written by the user ${userName()}: give it to that user, or name another one`],
]);

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'of this process');
  }
}

function causeChain(error: unknown): StartError[] {
  const chain: StartError[] = [];
  for (let one = error; one instanceof Error && chain.length < 10; one = (one as StartError).cause ?? (one as StartError).previous) chain.push(one);
  return chain;
}

/** The setting that names the file or folder. */
function settingOf(path: string, { dataDir, imageStore, trustedDocuments }: Settings): [name: string, value: string] | null {
  if (path === trustedDocuments) return ['TRUSTED_DOCUMENTS', trustedDocuments];
  const isWithin = (folder: string): boolean => path === folder || path.startsWith(`${folder}/`) || folder.startsWith(`${path}/`);
  if (isWithin(dataDir)) return ['DATA_DIR', dataDir];
  return imageStore.kind === 'file' && isWithin(imageStore.path) ? ['IMAGE_STORE', `file:${imageStore.path}`] : null;
}

function fileFault({ code, path }: StartError, settings: Settings): string | null {
  const problem = FILE_FAULTS.get(String(code));
  const setting = path === undefined ? null : settingOf(path, settings);
  if (problem === undefined || setting === null) return null;
  const [name, value] = setting;
  return `${name}=${value}: ${value.endsWith(path ?? '') ? 'this' : path} ${problem}.`;
}

function listenFault({ code, syscall, hostname }: StartError, { host, port }: Settings): string | null {
  if (syscall === 'getaddrinfo' && hostname === host) return `HOST=${host}: the host name is not known; name an address of this machine, such as 127.0.0.1 or 0.0.0.0.`;
  if (syscall !== 'listen' && syscall !== 'bind') return null;
  switch (code) {
    case 'EADDRINUSE':
      return `PORT=${port}: another program listens on ${host}:${port} already; stop it, or name another port.`;
    case 'EACCES':
      return `PORT=${port}: the user ${userName()} may not listen on a port below 1024; name a higher one, and let a proxy listen on this one.`;
    case 'EADDRNOTAVAIL':
      return `HOST=${host}: this machine has no such address; name one of its own, such as 127.0.0.1 or 0.0.0.0.`;
    default:
      return null;
  }
}

/** The lock in DATA_DIR is a file of node:sqlite, whose errors have a number. */
function lockFault({ errcode }: StartError, { dataDir }: Settings): string | null {
  const problem = errcode === undefined ? undefined : LOCK_FAULTS.get(errcode & 0xff);
  return problem === undefined ? null : `DATA_DIR=${dataDir}: this ${problem}.`;
}

function databaseFault(fault: StartError, { database }: Settings): string | null {
  if (fault instanceof PostgresUnreachable) return fault.message;
  if (fault instanceof NewerSchema) return `DATABASE_URL=${database.kind === 'sqlite' ? `sqlite:${database.path}` : redactUrl(database.url)}: ${fault.message}.`;
  if (database.kind === 'sqlite') {
    const problem = SQLITE_FAULTS.get(String(fault.code).split('_', 2).join('_'));
    return problem === undefined ? null : `DATABASE_URL=sqlite:${database.path}: the file ${problem}.`;
  }
  const problem = POSTGRES_FAULTS.get(String(fault.code));
  return problem === undefined ? null : `DATABASE_URL=${redactUrl(database.url)}: ${problem}.`;
}

/** Explains in one sentence, naming the setting, why the gateway did not start; null if no setting is at fault. */
export function startFault(error: unknown, settings: Settings): string | null {
  for (const fault of causeChain(error)) {
    const message = listenFault(fault, settings) ?? fileFault(fault, settings) ?? lockFault(fault, settings) ?? databaseFault(fault, settings);
    if (message !== null) return message;
  }
  return null;
}
