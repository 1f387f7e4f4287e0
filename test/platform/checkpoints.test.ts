import { statSync } from 'node:fs';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { Checkpoints } from '../../src/platform/checkpoints.js';
import { isSqlite, statements } from '../../src/platform/database.js';
import { openMigratedDatabase } from '../support/database.js';

const STEPS = 64;
const STEP_BYTES = 2 ** 20;

describe('checkpoints during a large change', () => {
  it('keep the log short, and leave what was written as it is', { timeout: 60_000 }, async () => {
    const { database, close } = await openMigratedDatabase();
    const text = 'x'.repeat(STEP_BYTES);
    const run = async (): Promise<number> => {
      await using checkpoints = new Checkpoints(database);
      for (let step = 0; step < STEPS; step += 1) {
        const values = sql`${`r${step}`}, 'http://r.invalid', ${text}, ${isSqlite(database.em) ? 0 : new Date(0)}`;
        await sql`insert into image_repository (name, url, error, created_at) values (${values})`.execute(statements(database.em.fork()));
        await checkpoints.step();
      }
      return isSqlite(database.em) ? statSync(`${database.config.get('dbName')}-wal`).size : 0;
    };
    expect(await run()).toBeLessThan((STEPS * STEP_BYTES) / 2);
    const { rows } = await sql<{ count: number }>`select count(*) as count from image_repository where length(error) = ${STEP_BYTES}`.execute(statements(database.em.fork()));
    expect(Number(rows[0]?.count)).toBe(STEPS);
    await close();
  });
});
