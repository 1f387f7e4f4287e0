import { stat } from 'node:fs/promises';
import type { Config } from '../../config/config.js';
import { ENTITIES } from '../../entities.js';
import { BUSY_TIMEOUT_MS, type Database, openDatabase } from '../../platform/database/database.js';
import { SqliteReaderConnection } from '../../platform/database/read/reader-connection.js';
import { readObjects } from '../../platform/database/read/read-rows.js';
import { reachPostgres } from '../../platform/database/postgres/reach-postgres.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { asBoolean, type Flag } from '../../platform/database/tables.js';
import { boundMessage } from '../../platform/message-text.js';
import { startFault } from '../../start-fault.js';
import { CommandError, Refused } from '../command-error.js';

/** What the local commands need to know of a user. */
export interface LocalAccount {
  active: boolean;
}

function statementFor(username: string) {
  return sqlText`select u.active from user_account u where u.username = ${username}`;
}

/** The user of that name; null when there is none. Reads only, beside a running or a stopped gateway; throws Refused without a database. */
export async function findAccount(config: Config, username: string): Promise<LocalAccount | null> {
  return explainFaults(config, async () => {
    const [row] = await (config.database.kind === 'sqlite' ? readSqlite(config.database.path, username) : readPostgres(config, username));
    return row === undefined ? null : { active: asBoolean(row.active) };
  });
}

type Rows = readonly { active: Flag }[];

async function readSqlite(path: string, username: string): Promise<Rows> {
  await demandFile(path);
  const reader = new SqliteReaderConnection(path, BUSY_TIMEOUT_MS);
  try {
    return reader.objects(statementFor(username));
  } finally {
    reader.close();
  }
}

async function readPostgres(config: Config, username: string): Promise<Rows> {
  return withDatabase(config, async (database) => readObjects(database.em.fork(), statementFor(username)));
}

/** Opens the database of the settings, which must be there, beside a running or a stopped gateway. Throws Refused with what to do. */
export async function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  return explainFaults(config, async () => {
    const target = config.database;
    if (target.kind === 'sqlite') await demandFile(target.path);
    else await reachPostgres(target);
    const database = await openDatabase(target, ENTITIES);
    try {
      return await work(database);
    } finally {
      await database.close(true);
    }
  });
}

async function demandFile(path: string): Promise<void> {
  if (await stat(path).then((status) => status.isFile(), () => false)) return;
  throw new Refused(`There is no database: ${path} is not there. Set DATA_DIR, or DATABASE_URL, as the gateway has it; nothing was made.`);
}

async function explainFaults<T>(config: Config, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const reason = error instanceof Error ? error.message : 'for an unknown reason';
    if (/no such table|relation .* does not exist/.test(reason)) {
      throw new Refused('The database is not that of a gateway: it has no users. Set DATA_DIR, or DATABASE_URL, as the gateway has it; nothing was made.');
    }
    throw new Refused(startFault(error, config) ?? boundMessage(`The database cannot be read: ${reason}`));
  }
}
