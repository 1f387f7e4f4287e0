import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { createBatchWriter } from '../../src/platform/database/batch-writer.js';
import { type Database, migrate, openDatabase } from '../../src/platform/database/database.js';
import { inTransaction } from '../../src/platform/database/in-transaction.js';
import { withDirectConnection } from '../../src/platform/database/open/open-postgres.js';
import { withStartLock } from '../../src/platform/database/open/start-lock.js';
import { isDatabaseAway } from '../../src/platform/database/postgres/database-away.js';
import { createPostgresClient } from '../../src/platform/database/postgres/postgres-connections.js';
import { Operation } from '../../src/platform/database/read/operation.js';
import { readRows } from '../../src/platform/database/read/read-rows.js';
import { OperationReads } from '../../src/platform/database/read/reads.js';
import { sqlText } from '../../src/platform/database/sql-text.js';
import { createMigratedDatabase, type TestDatabase } from '../support/postgres.js';
import { freezableProxy } from '../support/unwilling-servers.js';

const ONE = sqlText`select 1 as one`;
const ANSWER_MS = 1000;

let test: TestDatabase;
let proxy: Awaited<ReturnType<typeof freezableProxy>>;
let database: Database;

beforeAll(async () => {
  test = await createMigratedDatabase();
});
afterAll(async () => test?.drop());
beforeEach(async () => {
  const url = new URL(test.url);
  proxy = await freezableProxy(Number(url.port));
  url.port = String(proxy.port);
  database = await openDatabase({ kind: 'postgres', url: url.href }, ENTITIES, { connections: 2, answerMs: ANSWER_MS });
  return async () => {
    proxy.thaw();
    await database.close(true);
    await proxy.close();
  };
});

/** Whether it failed because the database is away, and soon. */
async function isRefusedSoon(work: Promise<unknown>): Promise<boolean> {
  const begun = performance.now();
  const error: unknown = await work.then(() => null, (failure: unknown) => failure);
  return isDatabaseAway(error) && performance.now() - begun < 3 * ANSWER_MS;
}

describe('a Postgres that says nothing, such as behind a pooler that is paused', () => {
  const within = (): OperationReads => new OperationReads(database.em.fork(), new Operation('somebody', ANSWER_MS));

  it('is told as such, to all that wait for it, by the time that their operation has', async () => {
    // Both connections are open.
    await Promise.all([0, 1].map(async () => readRows(within(), ONE, { heavy: true })));
    await Promise.all([0, 1].map(async () => readRows(within(), ONE)));
    proxy.freeze();
    const waiting = [0, 1, 2, 3].flatMap(() => [
      readRows(within(), ONE, { heavy: true }),
      readRows(database.em.fork(), ONE),
      inTransaction(database.em.fork(), async (tx) => readRows(tx, ONE)),
    ]);
    expect(await Promise.all(waiting.map(isRefusedSoon))).toEqual(waiting.map(() => true));
    proxy.thaw();
    await expect.poll(async () => readRows(within(), ONE).catch(() => null)).toEqual([[1]]);
  });
});

describe('a connection that breaks within a transaction', () => {
  it('is replaced by another one, also in a change in steps', async () => {
    await using writer = createBatchWriter(database);
    const known: number[] = [];
    const begun = async (): Promise<number[]> => {
      const rows = await readRows<[pid: number]>(database.em.fork(), sqlText`select pid from pg_stat_activity where state = 'active' and query like 'select 2 from pg_sleep%' and datname = current_database()`);
      return rows.flat().filter((pid) => !known.includes(pid));
    };
    for (let connection = 0; connection < 3; connection += 1) {
      writer.add([sqlText`select 2 from pg_sleep(60)`]);
      let hasEnded = false;
      const broken = writer.write().then(() => null, (error: unknown) => error).finally(() => (hasEnded = true));
      // The pool may not have noticed yet that an idle connection was cut.
      await expect.poll(async () => hasEnded || (await begun()).length > 0).toBe(true);
      known.push(...(await begun()));
      proxy.cut();
      expect(isDatabaseAway(await broken)).toBe(true);
    }
    const write = async (): Promise<unknown> => {
      writer.add([sqlText`select 1`]);
      return writer.write().catch(() => null);
    };
    await expect.poll(write, { timeout: 5000 }).not.toBeNull();
  });
});

describe('a start', () => {
  it('says which session a migration waits for, and goes on once that has ended', async () => {
    const session = createPostgresClient(test.url);
    await session.connect();
    try {
      await session.query("delete from migration where name = '2026-11-28-user-search'");
      await session.query('begin');
      await session.query('lock table migration in share mode');
      const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid');
      const told: string[] = [];
      const migrated = migrate(database, (message) => told.push(message));
      await expect.poll(() => told, { timeout: 5000 }).toEqual([expect.stringMatching(new RegExp(`waits for tables that others have locked: pid ${rows[0]?.pid} \\(postgres, image-gateway, idle in transaction, for \\d+ s\\)\\.`))]);
      await session.query('commit');
      expect(await migrated).toEqual(['2026-11-28-user-search']);
    } finally {
      await session.end();
    }
  });

  it('says which session has the lock of starts', async () => {
    const target = { kind: 'postgres', url: test.url } as const;
    const held = Promise.withResolvers<void>();
    const told: string[] = [];
    const first = withStartLock(target, () => undefined, async () => held.promise);
    await expect.poll(async () => readRows(database.em.fork(), sqlText`select l.pid from pg_locks l where l.locktype = 'advisory' and l.granted`)).not.toEqual([]);
    const second = withStartLock(target, (message) => told.push(message), async () => Promise.resolve('begun'));
    await expect.poll(() => told, { timeout: 5000 }).toEqual([expect.stringMatching(/^The start waits for another process that starts or migrates the database: pid \d+ of Postgres \(postgres, image-gateway\)\.$/)]);
    held.resolve();
    expect(await second).toBe('begun');
    await first;
  });

  it('that is killed leaves no statement of its migration behind, and no lock', async () => {
    const killed = withDirectConnection(database, async ({ em }) => em.fork().transactional(async (tx) => tx.getConnection().execute('select 1 from pg_sleep(60)', [], 'all', tx.getTransactionContext())));
    const direct = createPostgresClient(test.url);
    await direct.connect();
    const running = async (): Promise<unknown[]> => (await direct.query("select 1 from pg_stat_activity where state = 'active' and query = 'select 1 from pg_sleep(60)' and datname = current_database()")).rows;
    try {
      await expect.poll(running).toHaveLength(1);
      proxy.cut();
      await expect(killed).rejects.toThrow(/Connection terminated/);
      await expect.poll(running, { timeout: 5000 }).toEqual([]);
    } finally {
      await direct.end();
    }
  });
});
