import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReaderPool } from '../../src/platform/database/read/reader-pool.js';
import { sqlText } from '../../src/platform/database/sql-text.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';

/** Would take minutes. */
const ENDLESS = sqlText`with recursive c (n) as (select 1 union all select n + 1 from c where n < 10000000000) select count(*) as total from c`;

describe('processes that read an SQLite file', () => {
  let folder: TemporaryFolder;
  let pool: ReaderPool;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const path = `${folder.path}/read.sqlite`;
    const file = new DatabaseSync(path);
    file.exec("pragma journal_mode = wal; create table thing (id integer primary key, name text); insert into thing values (1, 'one'), (2, 'two')");
    file.close();
    pool = new ReaderPool({ path, busyTimeoutMs: 1000 });
  });
  afterAll(async () => {
    await pool.close();
    await folder.remove();
  });

  const limitOf = (signal: AbortSignal, time = { cpuMs: 0, waitMs: 0 }) => ({ signal, msLeft: () => 60_000, overtime: () => new Error('never') as never, time });
  const patient = limitOf(new AbortController().signal);

  it('answer rows as arrays and as objects', async () => {
    const text = sqlText`select t.id, t.name from thing t where t.id >= ${2}`;
    expect(await pool.read(text, false, patient)).toEqual([[2, 'two']]);
    expect(await pool.read(text, true, patient)).toEqual([{ id: 2, name: 'two' }]);
  });

  it('tell what an answer took, and what a statement took until it was stopped', async () => {
    const [answered, stopped] = [{ cpuMs: 0, waitMs: 0 }, { cpuMs: 0, waitMs: 0 }];
    const count = (last: number) => sqlText`with recursive n (v) as (select 1 union all select v + 1 from n where v < ${last}) select count(*) as total from n`;
    await pool.read(count(300_000), false, limitOf(new AbortController().signal, answered));
    expect(answered.cpuMs).toBeGreaterThan(5);
    await expect(pool.read(count(1e12), false, limitOf(AbortSignal.timeout(50), stopped))).rejects.toThrow('SIGKILL');
    expect(stopped.cpuMs).toBeGreaterThan(100);
  });

  it('are asked again when they have answered, and become more when several are asked at once', async () => {
    await pool.read(sqlText`select 1 as one`, false, patient);
    expect(pool.size).toBe(1);
    await Promise.all([1, 2].map(async () => pool.read(sqlText`select 1 as one`, false, patient)));
    expect(pool.size).toBe(2);
  });

  it('write nothing', async () => {
    await expect(pool.read(sqlText`insert into thing values (3, 'three') returning id`, false, patient)).rejects.toThrow(/readonly/);
  });

  it('tell what is wrong with a statement, and go on', async () => {
    await expect(pool.read(sqlText`select nonsense`, false, patient)).rejects.toThrow('no such column: nonsense');
    expect(await pool.read(sqlText`select count(*) as total from thing`, false, patient)).toEqual([[2]]);
  });

  it('stop in the middle of a statement', async () => {
    const before = pool.size;
    const abort = new AbortController();
    const endless = pool.read(ENDLESS, false, limitOf(abort.signal));
    abort.abort(new Error('time is over'));
    await expect(endless).rejects.toThrow('ended while it was asked: SIGKILL');
    expect(pool.size).toBe(before - 1);
    expect(await pool.read(sqlText`select count(*) as total from thing`, false, patient)).toEqual([[2]]);
  });

  it('are ended with the database, whatever they do', async () => {
    const other = new ReaderPool({ path: `${folder.path}/read.sqlite`, busyTimeoutMs: 1000 });
    const endless = other.read(ENDLESS, false, patient);
    const [outcome] = await Promise.all([endless.catch((error: Error) => error.message), other.close()]);
    expect(outcome).toContain('SIGKILL');
    expect(other.size).toBe(0);
    await expect(other.read(sqlText`select 1 as one`, false, patient)).rejects.toThrow('closed');
  });
});
