import { chmodSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartRefusal } from '../start-refusal.js';
import { makeFolder } from './make-folder.js';

/** Another process has locked the folder or the database file. */
export class AlreadyRunning extends StartRefusal {
  override readonly name = 'AlreadyRunning';
}

/**
 * Locks a folder for this process until the returned function is called. It is a lock of the operating system, which releases it
 * when the process is killed. `isShared`: with others that share it. Throws AlreadyRunning when another process is in the way.
 */
export async function lockFolder(folder: string, isShared = false): Promise<() => void> {
  await makeFolder(folder);
  return lockFile(join(folder, 'lock.sqlite'), `Another gateway works in ${folder}. Stop it first, or give this one a DATA_DIR of its own.`, isShared);
}

/** Locks an SQLite file likewise, whichever path or symbolic link leads to it: the lock lies beside the file itself, as its log does. */
export async function lockDatabaseFile(path: string): Promise<() => void> {
  await makeFolder(dirname(path));
  return lockFile(`${await realPath(path)}-lock`, `DATABASE_URL=sqlite:${path}: another gateway works with this file. Stop it first, or name another file.`);
}

/** The path without symbolic links; of a file that is missing, its folder's. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return join(await realpath(dirname(path)), path.slice(dirname(path).length));
  }
}

function lockFile(file: string, whenTaken: string, isShared = false): () => void {
  const lock = new DatabaseSync(file);
  try {
    chmodSync(file, 0o600);
    // A transaction that has read holds a shared lock until it ends.
    lock.exec(isShared ? 'begin; select count(*) from sqlite_schema' : 'begin exclusive');
  } catch (error) {
    lock.close();
    throw isBusy(error) ? new AlreadyRunning(whenTaken) : error;
  }
  return () => lock.close();
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}
