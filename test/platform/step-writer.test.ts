import { statSync } from 'node:fs';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { isSqlite, statements } from '../../src/platform/database.js';
import { createStepWriter, type Statement, type StepWriter, type Written } from '../../src/platform/step-writer.js';
import { openMigratedDatabase, type TestedDatabase } from '../support/database.js';

const STEPS = 64;
const STEP_BYTES = 2 ** 20;

function insertOf({ database }: TestedDatabase, name: string, error = ''): Statement {
  const em = database.em.fork();
  const values = sql`${name}, 'http://r.invalid', ${error}, 0`;
  return sql`insert into image_repository (name, url, error, created_at) values (${values})`.compile(statements(em));
}

async function write(writer: StepWriter, work: readonly Statement[], condition: Statement | null = null): Promise<Written | null> {
  writer.add(work);
  return writer.write(condition);
}

async function namesIn({ database }: TestedDatabase): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from image_repository order by name`.execute(statements(database.em.fork()));
  return rows.map((row) => row.name);
}

describe('a large change in steps', () => {
  it('keeps the log of an SQLite file short, and leaves what was written as it is', { timeout: 60_000 }, async () => {
    await using opened = await openMigratedDatabase();
    const { database } = opened;
    const text = 'x'.repeat(STEP_BYTES);
    const writeAll = async (): Promise<number> => {
      await using writer = createStepWriter(database);
      for (let step = 0; step < STEPS; step += 1) {
        await write(writer, [insertOf(opened, `r${step}`, text)]);
      }
      return isSqlite(database.em) ? statSync(`${database.config.get('dbName')}-wal`).size : 0;
    };
    expect(await writeAll()).toBeLessThan((STEPS * STEP_BYTES) / 2);
    const { rows } = await sql<{ count: number }>`select count(*) as count from image_repository where length(error) = ${STEP_BYTES}`.execute(statements(database.em.fork()));
    expect(Number(rows[0]?.count)).toBe(STEPS);
  });

  it('lets transactions of this process that have read go on to write, each in its turn', { timeout: 60_000 }, async () => {
    await using opened = await openMigratedDatabase();
    const { database } = opened;
    await using writer = createStepWriter(database);
    await write(writer, [insertOf(opened, 'first')]);
    const steps = (async () => {
      for (let step = 0; step < 200; step += 1) await write(writer, [insertOf(opened, `step-${step}`)]);
    })();
    for (let turn = 0; turn < 50; turn += 1) {
      await database.em.fork().transactional(async (tx) => {
        await sql`select name from image_repository where name = 'first'`.execute(statements(tx));
        await new Promise((resolve) => setImmediate(resolve));
        await sql`update image_repository set image_count = image_count + 1 where name = 'first'`.execute(statements(tx));
      });
    }
    await steps;
    const { rows } = await sql<{ image_count: number }>`select image_count from image_repository where name = 'first'`.execute(statements(database.em.fork()));
    expect(rows[0]?.image_count).toBe(50);
    expect(await namesIn(opened)).toHaveLength(201);
  });

  it('writes nothing of a step whose condition is not met, or that fails half way', async () => {
    await using opened = await openMigratedDatabase();
    await using writer = createStepWriter(opened.database);
    const condition = sql`select 1 from image_repository where name = 'first'`.compile(statements(opened.database.em.fork()));
    expect(await write(writer, [insertOf(opened, 'second')], condition)).toBeNull();
    expect(await write(writer, [insertOf(opened, 'first')])).toMatchObject({ rows: 1 });
    expect(await write(writer, [insertOf(opened, 'second')], condition)).toMatchObject({ rows: 1 });
    await expect(write(writer, [insertOf(opened, 'third'), insertOf(opened, 'first')])).rejects.toThrow(/unique/i);
    expect(await namesIn(opened)).toEqual(['first', 'second']);
    expect(await write(writer, [insertOf(opened, 'third')])).toMatchObject({ rows: 1 });
  });

  it('waits for the step under way when it is given up', async () => {
    await using opened = await openMigratedDatabase();
    const writer = createStepWriter(opened.database);
    const written = write(writer, [insertOf(opened, 'only')]);
    await writer[Symbol.asyncDispose]();
    expect(await namesIn(opened)).toEqual(['only']);
    await expect(written).resolves.toMatchObject({ rows: 1 });
  });
});
