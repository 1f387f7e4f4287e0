import { afterAll, describe, expect, it } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { User } from '../../src/access/people/user.entity.js';
import { Image } from '../../src/images/image.entity.js';
import { copiedTables, presentTables } from '../../src/platform/database/copy/copied-tables.js';
import { copyDatabase, demandSameSchema, isEmptyDatabase } from '../../src/platform/database/copy/copy-database.js';
import { type Database, type DatabaseTarget, isSqlite, migrate, openDatabase, type SqlEntityManager } from '../../src/platform/database/database.js';
import { readRows } from '../../src/platform/database/read/read-rows.js';
import { searchedIds } from '../../src/platform/database/search/trigrams.js';
import { sqlText } from '../../src/platform/database/sql-text.js';
import { dumpDatabase } from '../support/database-dump.js';
import { fillEveryTable } from '../support/every-table.js';
import { createTestDatabase } from '../support/postgres.js';
import { temporaryFolder } from '../support/temp-folder.js';

const ends: (() => Promise<void>)[] = [];
const targets = new Map<Database, DatabaseTarget>();

afterAll(async () => {
  for (const end of ends.toReversed()) await end();
});

type Kind = 'sqlite' | 'postgres';

async function fresh(kind: Kind): Promise<Database> {
  const { url, end } = kind === 'sqlite' ? await temporaryFolder().then(({ path, remove }) => ({ url: path, end: remove })) : await createTestDatabase().then(({ url: given, drop }) => ({ url: given, end: drop }));
  const target: DatabaseTarget = kind === 'sqlite' ? { kind, path: `${url}/gateway.sqlite` } : { kind, url };
  const database = await openDatabase(target, ENTITIES);
  targets.set(database, target);
  ends.push(end, async () => database.close(true));
  await migrate(database);
  return database;
}

async function filled(kind: Kind): Promise<Database> {
  const database = await fresh(kind);
  await fillEveryTable(database);
  return database;
}

async function dump(database: Database): Promise<string> {
  const target = targets.get(database);
  if (target === undefined) throw new Error('Only databases of this test can be read.');
  return dumpDatabase(target);
}

async function triggersOf(em: SqlEntityManager): Promise<unknown> {
  return readRows(em, isSqlite(em)
    ? sqlText`select name, sql from sqlite_master where type = 'trigger' order by name`
    : sqlText`select t.tgname, t.tgenabled, t.tgdeferrable from pg_trigger t where not t.tgisinternal order by t.tgname`);
}

async function constraintsOf(em: SqlEntityManager): Promise<unknown> {
  return isSqlite(em) ? [] : readRows(em, sqlText`select conname, condeferrable from pg_constraint where contype = 'f' order by conname`);
}

describe('the tables of a copy', () => {
  it.each<Kind>(['sqlite', 'postgres'])('are all that the migrations make on %s, with all their columns', async (kind) => {
    const database = await fresh(kind);
    const names = copiedTables(database).map(({ name }) => name);
    expect([...names, 'migration'].sort()).toEqual(await presentTables(database.em.fork()));
    const columns = await readRows<[name: string]>(database.em.fork(), kind === 'sqlite'
      ? sqlText`select t.name || '.' || c.name as name from pragma_table_list t join pragma_table_info(t.name) c where t.type = 'table' and t.schema = 'main'`
      : sqlText`select table_name || '.' || column_name as name from information_schema.columns where table_schema = current_schema()`);
    const copied = copiedTables(database).flatMap((table) => table.columns.map(({ name }) => `${table.name}.${name}`));
    expect(copied.sort()).toEqual(columns.map(([name]) => name).filter((name) => !/^(migration|sqlite_\w+)\./.test(name)).sort());
    expect(await isEmptyDatabase(database.em.fork(), copiedTables(database))).toBe(true);
  });
});

describe('a copy of a database', () => {
  it.each<[Kind, Kind]>([['sqlite', 'postgres'], ['postgres', 'sqlite'], ['sqlite', 'sqlite'], ['postgres', 'postgres']])('from %s to %s has every row, and back again', async (source, target) => {
    const [from, to, back] = [await filled(source), await fresh(target), await fresh(source)];
    const tables = await copyDatabase(from, to);
    expect(tables.filter(({ rows }) => rows === 0)).toEqual([]);
    const before = await Promise.all([triggersOf(from.em.fork()), constraintsOf(from.em.fork())]);
    expect(await copyDatabase(to, back)).toEqual(tables);
    expect(await Promise.all([triggersOf(back.em.fork()), constraintsOf(back.em.fork())])).toEqual(before);
    const dumps = await Promise.all([dump(from), dump(back)]);
    const withoutSearch = dumps.map((text) => text.split('\n-- ').filter((part) => !/^\w*(_search_|migration)/.test(part)).join('\n'));
    expect(withoutSearch[1]).toBe(withoutSearch[0]);
  });

  it.each<[Kind, Kind]>([['sqlite', 'postgres'], ['postgres', 'sqlite']])('from %s to %s goes on as the source would: ids, searches, copies of columns', async (source, target) => {
    const [from, to] = [await filled(source), await fresh(target)];
    await copyDatabase(from, to);
    const tx = to.em.fork();
    const owner = await tx.findOneOrFail(User, { username: 'owner' });
    const made = tx.create(Image, { uuid: 'c0000000-0000-4000-8000-000000000000', name: 'new', alias: 'n', aliasKey: 'n', version: '1', owner, sizeMib: 1, osType: 'LINUX_VM', searchText: 'new words' });
    await tx.flush();
    // Image 2 was deleted before the copy, and its id is given to nobody else.
    expect(made.id).toBe(3);
    if (target === 'postgres') return;
    const found = async (table: 'image' | 'repository_image' | 'user_account', text: string) => (await readRows<[number]>(tx, searchedIds(table, text))).map(([id]) => id);
    expect([await found('image', 'findable'), await found('image', 'words'), await found('repository_image', 'shared'), await found('repository_image', 'own text'), await found('user_account', 'owner')]).toEqual([[1], [3], [1], [2], [owner.id]]);
  });

  it.each<[Kind, Kind]>([['sqlite', 'postgres'], ['postgres', 'sqlite']])('from %s to %s changes nothing where it fails', async (source, target) => {
    const [from, to] = [await filled(source), await filled(target)];
    const before = await dump(to);
    await expect(copyDatabase(from, to)).rejects.toThrow('The target has rows;');
    const stopped = copyDatabase(from, to, {
      replaces: true,
      onProgress: ({ table }) => {
        if (table === 'user_account') throw new Error('stopped');
      },
    });
    await expect(stopped).rejects.toThrow('stopped');
    expect(await dump(to)).toBe(before);
    await copyDatabase(from, to, { replaces: true });
    expect(await to.em.fork().count(Image)).toBe(1);
  });

  it.each<Kind>(['sqlite', 'postgres'])('is refused for %s with other migrations', async (kind) => {
    const database = await fresh(kind);
    await expect(demandSameSchema(database, 'The source')).resolves.toBeUndefined();
    await database.em.getConnection().execute("insert into migration (name, executed_at) values ('2099-01-01-future', current_timestamp)");
    await expect(demandSameSchema(database, 'The source')).rejects.toThrow('The source was migrated by a newer image-gateway (2099-01-01-future); use that version.');
    await database.em.getConnection().execute("delete from migration where name like '2099%' or name like '%image-list'");
    await expect(demandSameSchema(database, 'The source')).rejects.toThrow('lacks migrations of this version (2026-11-27-image-list)');
  });
});
