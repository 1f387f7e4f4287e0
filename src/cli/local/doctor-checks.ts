import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../../config/config.js';
import { ENTITIES } from '../../entities.js';
import { type DatabaseTarget, openDatabase } from '../../platform/database/database.js';
import { reachPostgres } from '../../platform/database/postgres/reach-postgres.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';
import { boundMessage } from '../../platform/message-text.js';
import { withinTime } from '../../platform/scheduling/within-time.js';
import { startFault } from '../../start-fault.js';

export type Health = 'ok' | 'warning' | 'fault';

/** One line of the doctor: how something is, and what to do about it. */
export interface Finding {
  what: string;
  health: Health;
  detail: string;
  advice: string;
}

const GIB = 1024 ** 3;
const LEAST_FREE_BYTES = 5 * GIB;
/** How long one check of the doctor may take. */
export const LONGEST_CHECK_MS = 10_000;
const LONGEST_CLOCK_DIFFERENCE_MS = 5000;
const LONGEST_ANSWER = 1000;

export function finding(what: string, health: Health, detail: string, advice = ''): Finding {
  return { what, health, detail, advice };
}

export function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return 'for an unknown reason';
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return boundMessage(cause.message || code || cause.name);
}

/** Whether a folder, or what it would be made in, can be written, and how much room it has. Makes nothing. */
export async function checkFolder(what: string, path: string, setting: string): Promise<Finding> {
  const present = await nearestPresent(path);
  if (present === null) return finding(what, 'fault', `${path} cannot be made`, `Set ${setting} to a folder that this user may write to.`);
  if (!(await stat(present)).isDirectory()) return finding(what, 'fault', `${present} is no folder`, `Move that file away, or set ${setting} to a folder.`);
  const isWritable = await access(present, constants.W_OK).then(() => true, () => false);
  if (!isWritable) return finding(what, 'fault', `${present} cannot be written`, `Give this user the right to write there, or set ${setting}.`);
  const { bavail, bsize } = await statfs(present);
  const free = bavail * bsize;
  const detail = `${path}${present === path ? '' : ' will be made'}, ${(free / GIB).toFixed(1)} GiB free`;
  return free < LEAST_FREE_BYTES ? finding(what, 'warning', detail, 'Make room: imports fail when the disk is full.') : finding(what, 'ok', detail);
}

async function nearestPresent(path: string): Promise<string | null> {
  for (let at = path; ; at = dirname(at)) {
    if (await stat(at).then(() => true, () => false)) return at;
    if (dirname(at) === at) return null;
  }
}

/** Whether the database answers, and whether it is up to date. An SQLite file that is missing is not made. */
export async function checkDatabase(config: Config): Promise<Finding> {
  const target = config.database;
  const where = target.kind === 'sqlite' ? `SQLite, ${target.path}` : postgresAt(target.url);
  if (target.kind === 'sqlite' && !(await stat(target.path).then(() => true, () => false))) {
    return finding('Database', 'warning', `${where}: not there yet`, 'The first start makes it; if there should be one, check DATABASE_URL and DATA_DIR.');
  }
  try {
    const pending = await withinTime(LONGEST_CHECK_MS, pendingMigrations(target));
    if (pending === 0) return finding('Database', 'ok', `${where}, up to date`);
    return finding('Database', 'warning', `${where}, ${pending} migrations are missing`, 'Take a backup; "image-gateway migrate" or the next start applies them.');
  } catch (error) {
    return finding('Database', 'fault', `${where}: ${startFault(error, config) ?? reasonOf(error)}`, 'Check that it runs, and user, password and name in DATABASE_URL.');
  }
}

function postgresAt(url: string): string {
  const { host } = URL.parse(url) ?? { host: 'an address that cannot be read' };
  return `Postgres, ${host}`;
}

async function pendingMigrations(target: DatabaseTarget): Promise<number> {
  if (target.kind === 'postgres') await reachPostgres(target);
  const database = await openDatabase(target, ENTITIES);
  try {
    // The list of migrations does not tell a database that is away from one that is empty.
    await readRows(database.em.fork(), sqlText`select 1 as answer`);
    return (await database.migrator.getPending()).length;
  } finally {
    await database.close(true);
  }
}

interface Answered {
  status: number;
  /** What /readyz lists as missing. */
  notReady: string | null;
  /** How far the clock of the server is from this one. */
  clockDifferenceMs: number | null;
}

async function ask(url: URL): Promise<Answered> {
  const response = await fetch(url, { signal: AbortSignal.timeout(LONGEST_CHECK_MS), redirect: 'manual' });
  const notReady = response.status === 503 ? notReadyOf((await response.text()).slice(0, LONGEST_ANSWER)) : null;
  if (response.status !== 503) await response.body?.cancel();
  const date = Date.parse(response.headers.get('date') ?? '');
  return { status: response.status, notReady, clockDifferenceMs: Number.isNaN(date) ? null : Date.now() - date };
}

/** The names in an answer of /readyz; null when it has none. */
function notReadyOf(text: string): string | null {
  const names = /"notReady":\[([a-z",]+)\]/.exec(text)?.[1];
  return names === undefined ? null : names.replaceAll('"', '').replaceAll(',', ', ');
}

/** Whether the gateway, its image server and the key set are where the settings say, and whether the clocks agree. */
export async function checkAddresses(config: Config): Promise<Finding[]> {
  const advice = 'Start the gateway, or set PUBLIC_URL to where it is reached.';
  const base = `${config.publicUrl}/`;
  const findings = await Promise.all([
    checkAddress('Gateway', new URL('readyz', base), advice),
    checkAddress('Image server', new URL('imgapi/ping', base), advice),
    ...(config.auth.jwksUrl === null ? [] : [checkAddress('Key set', new URL(config.auth.jwksUrl), 'Check AUTH_JWKS_URL: without it nobody can sign in by a token.')]),
  ]);
  return findings.flat();
}

async function checkAddress(what: string, url: URL, advice: string): Promise<Finding[]> {
  try {
    const answered = await ask(url);
    return [addressFinding(what, url, advice, answered), ...clockFinding(what, answered.clockDifferenceMs)];
  } catch (error) {
    return [finding(what, what === 'Key set' ? 'fault' : 'warning', `${redactUrl(url)}: ${reasonOf(error)}`, advice)];
  }
}

function addressFinding(what: string, url: URL, advice: string, { status, notReady }: Answered): Finding {
  if (status === 200) return finding(what, 'ok', redactUrl(url));
  if (notReady === null) return finding(what, 'fault', `${redactUrl(url)} answers HTTP ${status}`, advice);
  return finding(what, 'fault', `${redactUrl(url)} answers that it is not ready: ${notReady}`, 'It goes on by itself when that is there again; see that line, and the log.');
}

function clockFinding(what: string, differenceMs: number | null): Finding[] {
  if (differenceMs === null || what === 'Image server') return [];
  const seconds = Math.round(differenceMs / 1000);
  if (Math.abs(differenceMs) <= LONGEST_CLOCK_DIFFERENCE_MS) return [finding(`Clock of ${what.toLowerCase()}`, 'ok', `within ${LONGEST_CLOCK_DIFFERENCE_MS / 1000} s of this one`)];
  return [finding(`Clock of ${what.toLowerCase()}`, 'warning', `${Math.abs(seconds)} s ${seconds > 0 ? 'behind' : 'ahead of'} this one`, 'Set both by NTP: tokens are refused when clocks differ.')];
}
