import { describe, expect, it } from 'vitest';
import { filesUnder } from './sources.js';
import { inputsOfMigration, untypedInputs, waysIntoStatements } from './statement-ways.js';
import type { Finding } from './syntax.js';

const MIGRATIONS = 'src/platform/database/migrations/';
const sources = filesUnder(['src'], ['.ts']);
const migrations = sources.filter(({ path }) => path.startsWith(MIGRATIONS) && !path.endsWith('/index.ts'));
const others = sources.filter(({ path }) => !path.startsWith(MIGRATIONS));

const ways = others.flatMap(waysIntoStatements);

interface Exception {
  ways: readonly string[];
  why: string;
}

/** Where statements are handed to a driver, or a connection is opened. All other code makes an SqlText and gives it to read-rows.ts or write-rows.ts. */
const EXCEPTIONS: Readonly<Record<string, Exception>> = {
  'src/platform/database/sql-text.ts': { ways: ['new SqlText'], why: 'the functions that make one' },
  'src/platform/database/kysely-query.ts': { ways: ['import kysely', 'CompiledQuery.raw()'], why: 'takes an SqlText, and asks whether it is one' },
  'src/platform/database/read/read-rows.ts': { ways: ['em.getKysely()', 'getKysely().executeQuery()'], why: 'runs what queryOf makes' },
  'src/platform/database/in-transaction.ts': {
    ways: ['em.getConnection()', 'connection.getClient()', 'connection().execute()', 'pinned.executeQuery()'],
    why: 'begins and ends transactions on one connection, with what queryOf makes',
  },
  'src/platform/database/batch-writer.ts': { ways: ['em.getConnection()', 'getConnection().getClient()', 'ownConnection.execute()'], why: 'holds the connection while its thread writes' },
  'src/platform/database/search/trigrams.ts': { ways: ['fork().getKysely()', 'getKysely().executeQuery()'], why: 'database.ts needs it, so it cannot use read-rows.ts; runs what queryOf makes' },
  'src/platform/database/database.ts': {
    ways: ['em.getConnection()', 'connection.getNativeClient()', 'connection.executeQuery()'],
    why: 'opens connections, sets them up with what queryOf makes, and hands them to readers and writers',
  },
  'src/platform/database/read/prepared-statements.ts': { ways: ['statement().raw()', 'this.prepare()'], why: 'prepares the text of an SqlText, and asks whether it is one' },
  'src/platform/database/read/reader-connection.ts': { ways: ['import better-sqlite3', '….prepare()', 'file.pragma()'], why: 'the connection of prepared-statements.ts that reads' },
  'src/platform/database/writer-connection.ts': { ways: ['client.prepare()'], why: 'the connection of prepared-statements.ts that writes' },
  'src/platform/database/read/postgres-reader.ts': { ways: ['client.query()'], why: 'runs what postgresText makes, which takes an SqlText, and asks whether it is one' },
  'src/platform/database/read/reader-process.ts': {
    ways: ['import better-sqlite3', 'file.pragma()', 'file.prepare()', 'statement.raw()'],
    why: 'a process that imports nothing of ours: heavy-reads.ts sends it the text of an SqlText, and asks whether it is one',
  },
  'src/platform/database/read/timed-postgres-reader.ts': { ways: ['client.query()', 'other.query()'], why: 'runs what postgresText makes, within a limit that is set by constant statements' },
  'src/platform/database/batch-writer-thread.ts': {
    ways: ['import better-sqlite3', 'file.pragma()', 'file.prepare()', 'file.exec()'],
    why: 'a thread that imports nothing of ours: batch-writer.ts sends it the text of an SqlText',
  },
  'src/platform/database/wal-checkpoint-thread.ts': { ways: ['import better-sqlite3', 'file.pragma()'], why: 'a thread that imports nothing of ours: copies the log by constant pragmas' },
  'src/platform/database/open/check-sqlite-file.ts': { ways: ['import node:sqlite', 'database.prepare()'], why: 'one constant pragma on a connection of its own, before the database is opened for work' },
  'src/platform/database/metrics/database-metrics.ts': { ways: ['em.getConnection()', 'connection.getNativeClient()'], why: 'reads how many connections the pool has' },
  'src/platform/database/metrics/statement-metrics.ts': { ways: ['em.getConnection()'], why: 'times what others run' },
  'src/platform/database/schema/schema-compatibility.ts': { ways: ['fork().getKysely()', 'getKysely().executeQuery()'], why: 'database.ts needs it, so it cannot use read-rows.ts; runs what queryOf makes' },
  'src/platform/database/copy/copy-target.ts': { ways: ['sqlOfTrigger()'], why: 'makes triggers again, by the text that SQLite itself has stored for them' },
  'src/platform/store/process-lock.ts': { ways: ['import node:sqlite', 'lock.exec()'], why: 'a lock of the operating system, taken by one constant statement; no data' },
  'src/platform/database/postgres/postgres-connections.ts': { ways: ['import pg'], why: 'makes the clients of Postgres, and runs nothing' },
  'src/platform/database/open/open-postgres.ts': { ways: ['em.getConnection()', 'connection.getNativeClient()'], why: 'hands the pool to the readers' },
  'src/platform/database/postgres/reach-postgres.ts': { ways: ['client.query()'], why: 'one constant statement on a connection of its own, before anything else is made' },
  'src/platform/database/open/start-lock.ts': { ways: ['client.query()'], why: 'constant statements, which take the lock of a start and keep it' },
  'src/platform/database/schema/open-transactions.ts': { ways: ['fork().getKysely()', 'getKysely().executeQuery()'], why: 'one constant statement, without the reads, which would make a circle of modules' },
  'src/platform/database/postgres/listen-connection.ts': { ways: ['client.query()'], why: 'LISTEN and NOTIFY on a connection of its own, by constant statements; the name of the channel is a constant, too' },
};

/** GraphQL executes and compiles operations; its folders get at no connection, as every other way is closed to them too. */
const OF_GRAPHQL = /^(?!em|tx|connection|client|pool|database|db|driver)\w+\.(execute|query|compileQuery)\(\)$/;

function isExcepted({ path, what }: Finding): boolean {
  if (path.startsWith('src/graphql/') && OF_GRAPHQL.test(what)) return true;
  return Object.hasOwn(EXCEPTIONS, path) && (EXCEPTIONS[path]?.ways.includes(what) ?? false);
}

describe('the text of statements', () => {
  it('comes from constants only', () => {
    expect(ways.filter((finding) => !isExcepted(finding))).toEqual([]);
  });

  it('is made as the list of exceptions says, and the list says no more', () => {
    const used = new Set(ways.map(({ path, what }) => `${path} ${what}`));
    const listed = Object.entries(EXCEPTIONS).flatMap(([path, exception]) => exception.ways.map((way) => `${path} ${way}`));
    expect(listed.filter((one) => !used.has(one))).toEqual([]);
  });

  it('is the text of the file alone in migrations', () => {
    expect(migrations).not.toEqual([]);
    expect(migrations.flatMap(inputsOfMigration)).toEqual([]);
  });

  it('cannot be what the compiler knows nothing of', () => {
    expect(others.flatMap(untypedInputs)).toEqual([]);
  });
});

function waysOf(text: string): string[] {
  return waysIntoStatements({ path: 'src/images/offending.ts', text }).map(({ what }) => what);
}

describe('the law of statements', () => {
  it.each([
    ["import { sql } from 'kysely';", 'import kysely'],
    ["import * as kysely from 'kysely';", 'import kysely'],
    ["import pg from 'pg';", 'import pg'],
    ["const { default: pg } = await import('pg');", 'import pg'],
    ["const Sqlite = createRequire(import.meta.url)('better-sqlite3');", 'import better-sqlite3'],
    ["const { DatabaseSync } = require('node:sqlite');", 'import node:sqlite'],
    ["import { raw } from '@mikro-orm/core';", 'import raw'],
    ["import { raw as text } from '@mikro-orm/sqlite';", 'import raw'],
    ["import * as orm from '@mikro-orm/core';", 'import *'],
    ['sql<Row>`select ${name}`.execute(db);', '….execute()'],
    ["import { sql } from '@mikro-orm/sqlite';", 'import sql'],
    ["tx.getKysely<Tables>().selectFrom('image').selectAll().execute();", 'getKysely().selectFrom()'],
    ["db.updateTable('image').set(values);", 'db.updateTable()'],
    ['new SqlText(name, []);', 'new SqlText'],
    ['em.execute(text);', 'em.execute()'],
    ['em.getConnection().execute(`select ${name}`);', 'getConnection().execute() of a joined text'],
    ["this.#client?.query('select ' + name);", 'client.query() of a joined text'],
    ['await pool.query({ text });', 'pool.query()'],
    ['CompiledQuery.raw(`select ${name}`);', 'CompiledQuery.raw() of a joined text'],
    ['sql.raw(name);', 'sql.raw()'],
    ["sql['raw'](name);", 'sql.raw()'],
    ['database.em.fork().getKysely();', 'fork().getKysely()'],
    ['em.createQueryBuilder(Image).where(`name = ${name}`);', 'em.createQueryBuilder()'],
    ['file.prepare(text);', 'file.prepare()'],
    ['file.pragma(`x = ${name}`);', 'file.pragma() of a joined text'],
    ['file.exec(text);', 'file.exec()'],
    ['const ways = { text: { raw: [name] } }; sqlText(ways.text);', 'sqlText as no tag'],
    ['const tag = sqlText; tag`a`;', 'sqlText as no tag'],
    ['Reflect.apply(sqlText, null, [[name]]);', 'sqlText as no tag'],
    ["sqlText`select '?'`;", 'sqlText with ?'],
    ['sqlOfTrigger(text);', 'sqlOfTrigger()'],
    ['oneOf(name as Column, values);', 'cast'],
    ['oneOf(name as `+${Column}`, values);', 'cast'],
    ['oneOf(<Column>name, values);', 'cast'],
    ["sqlConstant(name as 'i.name');", 'cast'],
    ['readRows(em, { text, values } as unknown as SqlText);', 'cast'],
    ['function isColumn(name: string): name is Column { return true; }', 'cast'],
  ])('finds %s', (text, what) => {
    expect(waysOf(text)).toContain(what);
  });

  it('finds nothing in what is constant', () => {
    expect(waysOf("import type { Pool } from 'pg'; import { type Kysely } from 'kysely'; import { sqlText } from '../platform/sql-text.js';")).toEqual([]);
    expect(waysOf('const NAME = /a/; const OTHER = new RegExp(text); NAME.exec(name); /b/.exec(name); OTHER.exec(name);')).toEqual([]);
    expect(waysOf("readRows(em, sqlText`select ${sqlConstant('i.name')} where ${oneOf('i.name', names)}`);")).toEqual([]);
  });

  it('lets GraphQL execute operations, and no statement', () => {
    const inGraphql = (what: string): boolean => isExcepted({ path: 'src/graphql/offending.ts', line: 1, what });
    expect(['operations.execute()', 'compiled.query()'].map(inGraphql)).toEqual([true, true]);
    expect(['em.execute()', 'client.query()', 'operations.execute() of a joined text', 'em.getKysely()'].map(inGraphql)).toEqual([false, false, false, false]);
  });

  it.each([
    ["import { NAME } from '../../config.js';", 'an import'],
    ['class M extends Migration { async up() { const rows = await this.execute("select 1"); } }', 'this.execute'],
    ['class M extends Migration { up() { this.addSql(`create table ${process.env.NAME}`); } }', 'process'],
    ['class M extends Migration { up() { this.addSql(this.config.name); } }', 'this.config'],
  ])('finds what a migration takes from elsewhere: %s', (text, what) => {
    expect(inputsOfMigration({ path: `${MIGRATIONS}sqlite/offending.ts`, text }).map((one) => one.what)).toContain(what);
  });

  it('finds JSON that goes on without a type', () => {
    const found = (text: string): number => untypedInputs({ path: 'src/offending.ts', text }).length;
    expect(['oneOf(JSON.parse(text), []);', 'const column = JSON.parse(text);', 'return_(await response.json());'].map(found)).toEqual([1, 1, 1]);
    expect(['const value: unknown = JSON.parse(text);', 'use(JSON.parse(text) as unknown);', 'use((await response.json()) as Keys);'].map(found)).toEqual([0, 0, 0]);
  });
});
