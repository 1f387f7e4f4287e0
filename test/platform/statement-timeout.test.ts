import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { type Database, openDatabase, type SqlEntityManager } from '../../src/platform/database/database.js';
import { failedForNow } from '../../src/platform/database/outage/failed-for-now.js';
import { inTransaction } from '../../src/platform/database/in-transaction.js';
import { readObjects, readRows } from '../../src/platform/database/read/read-rows.js';
import { Operation } from '../../src/platform/database/read/operation.js';
import { OperationReads } from '../../src/platform/database/read/reads.js';
import { sqlText } from '../../src/platform/database/sql-text.js';
import { writeAtOnce, writeRows } from '../../src/platform/database/write-rows.js';
import { isDatabaseAway } from '../../src/platform/database/postgres/database-away.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

const TIMEOUT_MS = 300;
const SLOW = sqlText`select 1 as one from pg_sleep(20)`;
const LIMIT = sqlText`show statement_timeout`;
const tooLong = { code: 'QUERY_TOO_COMPLEX', message: expect.stringContaining('0.3 s that STATEMENT_TIMEOUT allows') as string };

describe('a statement that takes too long on Postgres', () => {
  let test: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    test = await createTestDatabase();
    database = await openDatabase({ kind: 'postgres', url: test.url }, ENTITIES, { connections: 2, statementTimeoutMs: TIMEOUT_MS });
    await database.em.getConnection().execute('create table image (id int)');
  });
  afterAll(async () => {
    await database?.close(true);
    await test?.drop();
  });

  it('ends a read, whose connection is given up; one of no operation, such as of a task, is to be tried again', async () => {
    await expect(readRows(new OperationReads(database.em.fork(), new Operation('somebody', 20_000)), SLOW)).rejects.toMatchObject(tooLong);
    const ofTask = await readRows(database.em.fork(), SLOW).catch((error: unknown) => error);
    expect(failedForNow(ofTask)).toBe(true);
    expect(await readRows(database.em.fork(), sqlText`select 1 as one`)).toEqual([[1]]);
  });

  it('ends a heavy read, whose connection can be used again without a limit', async () => {
    await expect(readRows(database.em.fork(), SLOW, { heavy: true })).rejects.toMatchObject(tooLong);
    expect(await readObjects(database.em.fork(), sqlText`select 1 as one`, { heavy: true })).toEqual([{ one: 1 }]);
    expect(await readRows(database.em.fork(), LIMIT)).toEqual([['0']]);
  });

  it('ends with its operation, if that has less time', async () => {
    const reads = new OperationReads(database.em.fork(), new Operation('somebody', 200));
    await expect(readRows(reads, SLOW, { heavy: true })).rejects.toMatchObject({ code: 'QUERY_TOO_COMPLEX', message: expect.stringContaining('0.2 s that OPERATION_TIMEOUT allows') as string });
    await expect(readRows(reads, sqlText`select 1 as one`)).rejects.toMatchObject({ code: 'QUERY_TOO_COMPLEX' });
  });

  it('ends its transaction, and leaves no limit behind', async () => {
    const em = database.em.fork();
    await expect(inTransaction(em, async (tx) => readRows(tx, SLOW))).rejects.toMatchObject(tooLong);
    expect(await inTransaction(em, async (tx) => readRows(tx, LIMIT))).toEqual([[`${TIMEOUT_MS}ms`]]);
    expect(await readRows(em, LIMIT)).toEqual([['0']]);
  });

  it.each([
    ['a transaction', async (em: SqlEntityManager) => inTransaction(em, async (tx) => readRows(tx, sqlText`select count(*) from image`))],
    ['a heavy read', async (em: SqlEntityManager) => readRows(em, sqlText`select count(*) from image`, { heavy: true })],
    ['a read', async (em: SqlEntityManager) => readRows(em, sqlText`select i.id from image i where i.id = 1`)],
    ['a statement of its own', async (em: SqlEntityManager) => writeAtOnce(em, sqlText`delete from image where id = -1`)],
  ])('says of %s that somebody else locks out that it may succeed later', async (_name, work) => {
    const failures = await inTransaction(database.em.fork(), async (tx) => {
      await tx.getConnection().execute('set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; lock table image', [], 'run', tx.getTransactionContext());
      return work(database.em.fork()).catch((error: unknown) => error);
    });
    expect(failedForNow(failures)).toBe(true);
  });

  it('begins transactions in the level that they need, whatever the default is', async () => {
    const level = sqlText`show transaction_isolation`;
    await database.em.getConnection().execute(`alter database "${new URL(test.url).pathname.slice(1)}" set default_transaction_isolation = 'serializable'`);
    const other = await openDatabase({ kind: 'postgres', url: test.url }, ENTITIES);
    expect(await readRows(other.em.fork(), level)).toEqual([['serializable']]);
    expect(await inTransaction(other.em.fork(), async (tx) => readRows(tx, level))).toEqual([['read committed']]);
    expect(await readRows(other.em.fork(), level, { heavy: true })).toEqual([['read committed']]);
    await other.close(true);
  });

  it('ends a transaction of the ORM in the database', async () => {
    const slow = database.em.fork().transactional(async (tx) => tx.getConnection().execute('select pg_sleep(20)', [], 'all', tx.getTransactionContext()));
    await expect(slow).rejects.toMatchObject({ code: '57014' });
    expect(await readRows(database.em.fork(), LIMIT)).toEqual([['0']]);
  });

  it('ends a statement of the ORM outside of transactions, whose connection is given up', async () => {
    const slow = (): Promise<unknown> => database.em.fork().getConnection().execute('select pg_sleep(20)');
    await Promise.all([1, 2, 3].map(async () => expect(slow()).rejects.toThrow('Query read timeout')));
    expect(await database.em.fork().getConnection().execute('select 1 as one')).toEqual([{ one: 1 }]);
  });
});

describe('a process that stands still within a transaction on Postgres', () => {
  let test: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    test = await createTestDatabase();
    database = await openDatabase({ kind: 'postgres', url: test.url }, ENTITIES, { connections: 4 });
    await database.em.getConnection().execute('create table locked (id int primary key, by text); insert into locked values (1, null)');
  });
  afterAll(async () => {
    await database?.close(true);
    await test?.drop();
  });

  const change = (tx: SqlEntityManager, by: string): Promise<number> => writeRows(tx, sqlText`update locked set by = ${by} where id = 1`);

  it('loses it soon, by the database, which bounds how long a transaction may stand', async () => {
    const em = database.em.fork();
    expect(await inTransaction(em, async (tx) => readRows(tx, sqlText`show idle_in_transaction_session_timeout`))).toEqual([['4s']]);
    expect(await readRows(em, sqlText`show idle_in_transaction_session_timeout`)).toEqual([['0']]);
  });

  it('holds up nobody then, and fails as one whose database is away when it wakes', async () => {
    const [locked, awake] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const frozen = inTransaction(database.em.fork(), async (tx) => {
      await change(tx, 'frozen');
      await writeRows(tx, sqlText`set local idle_in_transaction_session_timeout = 100`);
      locked.resolve();
      await awake.promise;
      await change(tx, 'awake');
    });
    await locked.promise;
    // Waits for the lock.
    await inTransaction(database.em.fork(), async (tx) => change(tx, 'other'));
    awake.resolve();
    const error: unknown = await frozen.then(() => null, (reason: unknown) => reason);
    expect([failedForNow(error), isDatabaseAway(error)]).toEqual([true, true]);
    expect(await readRows(database.em.fork(), sqlText`select by from locked`)).toEqual([['other']]);
  });
});
