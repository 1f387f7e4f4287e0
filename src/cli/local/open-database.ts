import { stat } from 'node:fs/promises';
import { type Config, ConfigError, readConfig } from '../../config/config.js';
import { ENTITIES } from '../../entities.js';
import { CopyRefused } from '../../platform/database/copy/copy-database.js';
import { type Database, type DatabaseTarget, openDatabase } from '../../platform/database/database.js';
import { reachPostgres } from '../../platform/database/postgres/reach-postgres.js';
import { boundMessage } from '../../platform/message-text.js';
import { startFault } from '../../start-fault.js';
import { CommandError, Refused, Unreachable, WrongCall } from '../command-error.js';
import type { Environment } from '../terminal.js';

/** Opens a database that answers, without changing its tables. Throws Unreachable, in one sentence, where a Postgres does not answer. */
export async function openReachable(config: Config): Promise<Database> {
  const { database: target } = config;
  try {
    if (target.kind === 'postgres') await reachPostgres(target);
  } catch (error) {
    throw new Unreachable(faultOf(error, config));
  }
  return openDatabase(target, ENTITIES, { connections: 2 });
}

/** The same, for commands that must not make the file of an SQLite database. */
export async function openPresent(config: Config): Promise<Database> {
  const { database: target } = config;
  if (target.kind === 'sqlite' && !(await isThere(target.path))) throw new Refused(`DATABASE_URL=sqlite:${target.path}: there is no such file; check DATABASE_URL and DATA_DIR.`);
  return openReachable(config);
}

export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false);
}

/** Runs work on a database, closes it, and tells a fault of the database in one sentence that names the setting. */
export async function withDatabase<Result>(database: Database, config: Config, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CommandError ? error : new Refused(faultOf(error, config));
  } finally {
    await database.close(true);
  }
}

/** The settings with the database that an option names. Throws WrongCall, which names the option. */
export function configWith(env: Environment, option: string, url: string): Config {
  try {
    return readConfig({ ...env, DATABASE_URL: url, DATABASE_DIRECT_URL: '' });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new WrongCall(error.faults.map((fault) => fault.replace(/^DATABASE_URL=/, `${option} `)).join('\n'));
  }
}

export function isSameTarget(one: DatabaseTarget, other: DatabaseTarget): boolean {
  return one.kind === 'sqlite' ? other.kind === 'sqlite' && one.path === other.path : other.kind === 'postgres' && one.url === other.url;
}

/** In one sentence, which names the setting if one is at fault. */
export function faultOf(error: unknown, config: Config): string {
  if (error instanceof CopyRefused) return error.message;
  return startFault(error, config) ?? boundMessage(error instanceof Error ? error.message : 'It failed for an unknown reason.');
}
