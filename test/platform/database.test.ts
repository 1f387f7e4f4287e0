import { join } from 'node:path';
import { CheckConstraintViolationException, ForeignKeyConstraintViolationException, UniqueConstraintViolationException } from '@mikro-orm/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { type Database, migrate, openDatabase } from '../../src/platform/database/database.js';
import { inTransaction } from '../../src/platform/database/in-transaction.js';
import { readRows } from '../../src/platform/database/read/read-rows.js';
import { NewerSchema, SCHEMA_VERSION } from '../../src/platform/database/schema/schema-version.js';
import { sqlText } from '../../src/platform/database/sql-text.js';
import { openMigratedDatabase, type TestedDatabase } from '../support/database.js';
import { temporaryFolder } from '../support/temp-folder.js';

/** Rows that an image needs around it, as raw statements: what is tested here is the database, not the entities. */
const WORLD = [
  "insert into user_account (id, username, created_at) values (1, 'admin', 0)",
  "insert into datacenter (id, name, alias, access, owner_id, created_at) values (1, 'main', 'main', 'PUBLIC', 1, 0), (2, 'alpha', 'alpha', 'PRIVATE', 1, 0)",
  image(1, "'one'", "'1'"),
  'insert into image_attachment (image_id, datacenter_id, bound_image_id) values (1, 1, 1)',
  "insert into virtual_server (id, uuid, hostname, datacenter_id, owner_id, os_type, tags, addresses, created_at) values (1, 's1', 'web01', 1, 1, 'LINUX_VM', '[]', '[]', 0)",
  'insert into virtual_disk (server_id, disk_id, size_mib, image_id) values (1, 1, 1024, 1)',
];

function image(id: number, name: string, version: string): string {
  return `insert into image (id, uuid, name, alias, alias_key, version, owner_id, size_mib, os_type, search_text, manifest, created_at, updated_at)
    values (${id}, 'u${id}', ${name}, 'a', 'a', ${version}, 1, 1024, 'LINUX_VM', '', '{}', 0, 0)`;
}

describe('the database holds by itself', () => {
  let database: Database;
  let opened: TestedDatabase;
  const run = async (statement: string): Promise<unknown> => {
    const driver = database.em.getDriver();
    return driver.execute(statement, [], 'run').catch((error: Error) => Promise.reject(driver.convertException(error)));
  };

  beforeAll(async () => {
    opened = await openMigratedDatabase();
    database = opened.database;
    for (const statement of WORLD) await run(statement);
  });
  afterAll(async () => opened?.close());

  it.each([
    ['one image per name', image(2, "'one'", "'2'"), UniqueConstraintViolationException],
    ['one image per alias and version', image(2, "'two'", "'1'"), UniqueConstraintViolationException],
    ['an image bound to one datacenter at most', 'insert into image_attachment (image_id, datacenter_id, bound_image_id) values (1, 2, 1)', UniqueConstraintViolationException],
    ['no attachment twice', 'insert into image_attachment (image_id, datacenter_id) values (1, 1)', UniqueConstraintViolationException],
    ['no binding for another image', 'insert into image_attachment (image_id, datacenter_id, bound_image_id) values (1, 2, 7)', CheckConstraintViolationException],
    ['an image that a disk uses', 'delete from image where id = 1', ForeignKeyConstraintViolationException],
    ['a datacenter with servers', 'delete from datacenter where id = 1', ForeignKeyConstraintViolationException],
    ['main as a public datacenter', "update datacenter set access = 'PRIVATE' where name = 'main'", CheckConstraintViolationException],
    ['files whole or absent', 'update image set file_size = 5 where id = 1', CheckConstraintViolationException],
    ['known values of access', "update image set access = 'SECRET' where id = 1", CheckConstraintViolationException],
  ])('%s', async (_what, statement, error) => {
    await expect(run(statement)).rejects.toBeInstanceOf(error);
  });

  it('removes the attachments of an image with it', async () => {
    await run(image(3, "'three'", "'3'"));
    await run('insert into image_attachment (image_id, datacenter_id) values (3, 2)');
    await run('delete from image where id = 3');
    const rows = await database.em.fork().getConnection().execute('select count(*) as total from image_attachment where image_id = 3');
    expect(Number(rows[0]?.total)).toBe(0);
  });
});

it('runs SQLite with a write-ahead log, foreign keys and a busy timeout', async () => {
  await using folder = await temporaryFolder();
  const database = await openDatabase({ kind: 'sqlite', path: join(folder.path, 'new', 'gateway.sqlite') }, ENTITIES);
  const read = async (name: string): Promise<unknown> => Object.values((await database.em.fork().getConnection().execute(`pragma ${name}`))[0] ?? {})[0];
  expect(await read('journal_mode')).toBe('wal');
  expect(await read('foreign_keys')).toBe(1);
  expect(await read('busy_timeout')).toBe(5000);
  await database.close(true);
});

describe('a database that is closed while work of it is under way', () => {
  it('lets transactions end that have a connection or wait for one, and closes then', async () => {
    const opened = await openMigratedDatabase();
    const { database } = opened;
    // More than there are connections, so some of them are being opened and the others wait.
    const transactions = Array.from({ length: 30 }, async () => inTransaction(database.em.fork(), async (tx) => readRows<[number]>(tx, sqlText`select ${1} as one`)));
    await new Promise(setImmediate);
    await opened.close();
    const outcomes = await Promise.all(transactions);
    expect(outcomes.map(([row]) => row?.map(Number))).toEqual(transactions.map(() => [1]));
  });
});

describe('a database that a newer program has migrated', () => {
  it('goes on working, unless it says that it needs a newer program', async () => {
    await using opened = await openMigratedDatabase();
    const execute = async (statement: string): Promise<unknown> => opened.database.em.fork().getConnection().execute(statement);
    await execute("insert into migration (name, executed_at) values ('2099-01-01-future', current_timestamp)");
    expect(await migrate(opened.database)).toEqual([]);
    await execute(`update schema_compatibility set minimum_version = ${SCHEMA_VERSION}`);
    expect(await migrate(opened.database)).toEqual([]);
    await execute(`update schema_compatibility set minimum_version = ${SCHEMA_VERSION + 1}`);
    await execute("delete from migration where name = '2026-11-27-image-list'");
    await expect(migrate(opened.database)).rejects.toThrow(new NewerSchema(SCHEMA_VERSION + 1));
    // Refused before anything is applied.
    expect((await opened.database.migrator.getPending()).map(({ name }) => name)).toEqual(['2026-11-27-image-list']);
  });
});
