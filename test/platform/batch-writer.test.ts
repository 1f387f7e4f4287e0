import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isSqlite } from '../../src/platform/database/database.js';
import { readRows, throughKysely } from '../../src/platform/database/read/read-rows.js';
import { type SqlText, sqlText } from '../../src/platform/database/sql-text.js';
import { createBatchWriter, type BatchWriter, type BatchResult } from '../../src/platform/database/batch-writer.js';
import { openMigratedDatabase, type TestedDatabase } from '../support/database.js';

const STEPS = 64;
const STEP_BYTES = 2 ** 20;

function insertOf(name: string, error = ''): SqlText {
  return sqlText`insert into image_repository (name, url, error, created_at) values (${name}, 'http://r.invalid', ${error}, 0)`;
}

async function write(writer: BatchWriter, work: readonly SqlText[], condition: SqlText | null = null): Promise<BatchResult | null> {
  writer.add(work);
  return writer.write(condition);
}

async function namesIn({ database }: TestedDatabase): Promise<string[]> {
  const rows = await readRows<[name: string]>(database.em.fork(), sqlText`select name from image_repository order by name`);
  return rows.map(([name]) => name);
}

describe('a large change in steps', () => {
  it('keeps the log of an SQLite file short, and leaves what was written as it is', async () => {
    await using opened = await openMigratedDatabase();
    const { database } = opened;
    const text = 'x'.repeat(STEP_BYTES);
    const writeAll = async (): Promise<number> => {
      await using writer = createBatchWriter(database);
      for (let step = 0; step < STEPS; step += 1) {
        await write(writer, [insertOf(`r${step}`, text)]);
      }
      return isSqlite(database.em) ? statSync(`${database.config.get('dbName')}-wal`).size : 0;
    };
    expect(await writeAll()).toBeLessThan((STEPS * STEP_BYTES) / 2);
    const [row] = await readRows(database.em.fork(), sqlText`select count(*) as count from image_repository where length(error) = ${STEP_BYTES}`);
    expect(row).toEqual([expect.toSatisfy((count) => Number(count) === STEPS)]);
  });

  it('lets transactions of this process that have read go on to write, each in its turn', async () => {
    await using opened = await openMigratedDatabase();
    const { database } = opened;
    await using writer = createBatchWriter(database);
    await write(writer, [insertOf('first')]);
    const steps = (async () => {
      for (let step = 0; step < 200; step += 1) await write(writer, [insertOf(`step-${step}`)]);
    })();
    for (let turn = 0; turn < 50; turn += 1) {
      await database.em.fork().transactional(async (tx) => {
        await throughKysely(tx, sqlText`select name from image_repository where name = 'first'`);
        await new Promise((resolve) => setImmediate(resolve));
        await throughKysely(tx, sqlText`update image_repository set image_count = image_count + 1 where name = 'first'`);
      });
    }
    await steps;
    expect(await readRows(database.em.fork(), sqlText`select image_count from image_repository where name = 'first'`)).toEqual([[50]]);
    expect(await namesIn(opened)).toHaveLength(201);
  });

  it('writes nothing of a step whose condition is not met, or that fails half way', async () => {
    await using opened = await openMigratedDatabase();
    await using writer = createBatchWriter(opened.database);
    const condition = sqlText`select 1 from image_repository where name = 'first'`;
    expect(await write(writer, [insertOf('second')], condition)).toBeNull();
    expect(await write(writer, [insertOf('first')])).toMatchObject({ rows: 1 });
    expect(await write(writer, [insertOf('second')], condition)).toMatchObject({ rows: 1 });
    await expect(write(writer, [insertOf('third'), insertOf('first')])).rejects.toThrow(/unique/i);
    expect(await namesIn(opened)).toEqual(['first', 'second']);
    expect(await write(writer, [insertOf('third')])).toMatchObject({ rows: 1 });
  });

  it('waits for the step under way when it is given up', async () => {
    await using opened = await openMigratedDatabase();
    const writer = createBatchWriter(opened.database);
    const written = write(writer, [insertOf('only')]);
    await writer[Symbol.asyncDispose]();
    expect(await namesIn(opened)).toEqual(['only']);
    await expect(written).resolves.toMatchObject({ rows: 1 });
  });
});
