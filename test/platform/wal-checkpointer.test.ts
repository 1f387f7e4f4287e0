import { describe, expect, it } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { type Database, openDatabase } from '../../src/platform/database/database.js';
import { readObjects, readRows } from '../../src/platform/database/read/read-rows.js';
import { sqlText } from '../../src/platform/database/sql-text.js';
import { writeAtOnce } from '../../src/platform/database/write-rows.js';
import { openMigratedDatabase } from '../support/database.js';

const ROWS = 400;
const ROW_BYTES = 100 * 1024;

interface Log {
  log: number;
  checkpointed: number;
}

async function write(database: Database): Promise<void> {
  const text = 'x'.repeat(ROW_BYTES);
  for (let row = 0; row < ROWS; row += 1) {
    await writeAtOnce(database.em.fork(), sqlText`insert into image_repository (name, url, error, created_at) values (${`r${row}`}, 'http://r.invalid', ${text}, 0)`);
  }
}

async function logOf(database: Database): Promise<Log> {
  const [log] = await readObjects<Log>(database.em.fork(), sqlText`pragma wal_checkpoint(noop)`);
  return log ?? { log: -1, checkpointed: -1 };
}

describe('the write-ahead log of SQLite', () => {
  it('is copied into the file aside, long before whoever writes would have to', async () => {
    await using opened = await openMigratedDatabase();
    const { database } = opened;
    await writeAtOnce(database.em.fork(), sqlText`pragma wal_autocheckpoint = 0`);
    await write(database);
    await expect.poll(async () => (await logOf(database)).checkpointed, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(await readRows(database.em.fork(), sqlText`select count(*) as count from image_repository where length(error) = ${ROW_BYTES}`)).toEqual([[ROWS]]);
  });

  it('is whole when the database is closed in the middle of it', async () => {
    await using opened = await openMigratedDatabase();
    await write(opened.database);
    await opened.database.close();
    const again = await openDatabase(opened.target, ENTITIES);
    const rows = await readRows(again.em.fork(), sqlText`select count(*) as count from image_repository`);
    await again.close();
    expect(rows).toEqual([[ROWS]]);
  });
});
