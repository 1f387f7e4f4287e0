import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { type Database, openDatabase } from '../../src/platform/database/database.js';
import { readRows } from '../../src/platform/database/read/read-rows.js';
import { giveHeavyReads, type HeavyReader, HeavyReads, SQLITE_TURNS } from '../../src/platform/database/read/heavy-reads.js';
import { Operation } from '../../src/platform/database/read/operation.js';
import { OperationReads } from '../../src/platform/database/read/reads.js';
import { sqlText } from '../../src/platform/database/sql-text.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';

describe('a heavy read on SQLite that comes again', () => {
  let folder: TemporaryFolder;
  let database: Database;
  /** What the other process said it took, and how often it was asked. */
  let elsewhere: { tookMs: number; asked: number };

  const counted = sqlText`select 'here' as place from (select count(*) from thing where id > ${1}) n`;

  beforeAll(async () => {
    folder = await temporaryFolder();
    database = await openDatabase({ kind: 'sqlite', path: `${folder.path}/reads.sqlite` }, ENTITIES);
    await database.em.execute('create table thing (id integer primary key)');
    // Opens the reader connection and prepares the statement, so that the tests time only its execution.
    await readRows(database.em, counted);
  });
  afterAll(async () => {
    await database.close(true);
    await folder.remove();
  });
  afterEach(() => vi.restoreAllMocks());
  beforeEach(() => {
    elsewhere = { tookMs: 0.1, asked: 0 };
    const reader: HeavyReader = {
      read: async (_text, _asObjects, { time }) => {
        elsewhere.asked += 1;
        time.cpuMs += elsewhere.tookMs;
        return Promise.resolve([['elsewhere']]);
      },
      close: async () => Promise.resolve(),
    };
    giveHeavyReads(database.driver, new HeavyReads(reader, SQLITE_TURNS, 30_000));
  });

  const within = (operation = new Operation('somebody', 10_000)): OperationReads => new OperationReads(database.em, operation);

  it('is run on the event loop when it was short', async () => {
    // No statement takes any time, however busy the machine is.
    vi.spyOn(performance, 'now').mockReturnValue(1000);
    expect(await readRows(within(), counted, { heavy: true })).toEqual([['elsewhere']]);
    expect(await readRows(within(), counted, { heavy: true })).toEqual([['here']]);
    expect(await readRows(within(), counted, { heavy: true })).toEqual([['here']]);
    expect(elsewhere.asked).toBe(1);
  });

  it('is not when it was long, has other values, or nobody knows for whom it is', async () => {
    elsewhere.tookMs = 0.6;
    for (let time = 1; time <= 3; time += 1) expect(await readRows(within(), counted, { heavy: true })).toEqual([['elsewhere']]);
    elsewhere.tookMs = 0.1;
    await readRows(within(), counted, { heavy: true });
    expect(await readRows(within(), sqlText`select 'here' as place from (select count(*) from thing where id > ${2}) n`, { heavy: true })).toEqual([['elsewhere']]);
    expect(await readRows(database.em, counted, { heavy: true })).toEqual([['elsewhere']]);
  });

  it('is not for an operation that has read much by then', async () => {
    await readRows(within(), counted, { heavy: true });
    const operation = new Operation('somebody', 10_000);
    operation.readTime.cpuMs = 11;
    expect(await readRows(within(operation), counted, { heavy: true })).toEqual([['elsewhere']]);
  });

  it('goes elsewhere again once it was found to be long', async () => {
    const text = sqlText`with recursive n (v) as (select 1 union all select v + 1 from n where v < ${100_000}) select 'here' as place from (select count(*) from n) c`;
    expect(await readRows(within(), text, { heavy: true })).toEqual([['elsewhere']]);
    expect(await readRows(within(), text, { heavy: true })).toEqual([['here']]);
    elsewhere.tookMs = 20;
    expect(await readRows(within(), text, { heavy: true })).toEqual([['elsewhere']]);
  });
});
