import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { type Database, openDatabase, statements } from '../../src/platform/database/database.js';
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
    await sql`insert into image_repository (name, url, error, created_at) values (${`r${row}`}, 'http://r.invalid', ${text}, 0)`.execute(statements(database.em.fork()));
  }
}

async function logOf(database: Database): Promise<Log> {
  const { rows } = await sql<Log>`pragma wal_checkpoint(noop)`.execute(statements(database.em.fork()));
  return rows[0] ?? { log: -1, checkpointed: -1 };
}

describe('the write-ahead log of SQLite', () => {
  it('is copied into the file aside, long before whoever writes would have to', { timeout: 60_000 }, async () => {
    await using opened = await openMigratedDatabase();
    const { database } = opened;
    await sql`pragma wal_autocheckpoint = 0`.execute(statements(database.em.fork()));
    await write(database);
    await expect.poll(async () => (await logOf(database)).checkpointed, { timeout: 30_000 }).toBeGreaterThan(0);
    const { rows } = await sql<{ count: number }>`select count(*) as count from image_repository where length(error) = ${ROW_BYTES}`.execute(statements(database.em.fork()));
    expect(rows[0]?.count).toBe(ROWS);
  });

  it('is whole when the database is closed in the middle of it', { timeout: 60_000 }, async () => {
    await using opened = await openMigratedDatabase();
    await write(opened.database);
    await opened.database.close();
    const again = await openDatabase(opened.target, ENTITIES);
    const { rows } = await sql<{ count: number }>`select count(*) as count from image_repository`.execute(statements(again.em.fork()));
    await again.close();
    expect(rows[0]?.count).toBe(ROWS);
  });
});
