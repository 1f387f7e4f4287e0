import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oneOf } from '../../src/platform/database/list/conditions.js';
import { PostgresReader } from '../../src/platform/database/read/postgres-reader.js';
import { postgresText } from '../../src/platform/database/read/postgres-text.js';
import { sqlInteger, type SqlText, sqlText, sqlValues } from '../../src/platform/database/sql-text.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

const PREPARED = sqlText`select name, statement from pg_prepared_statements order by 1`;

describe('the text of a statement on Postgres', () => {
  it('numbers its parameters', () => {
    expect(postgresText(sqlText`select ${1} where a > ${'x'}`)).toEqual({ text: 'select $1 where a > $2', values: [1, 'x'] });
  });

  it('is the same for lists of any length, with the values in their places', () => {
    const statement = (ids: number[]): SqlText => sqlText`select ${'first'} where ${oneOf('i.id', ids)} and b = ${'between'} and ${oneOf('i.name', ['x'])}`;
    expect(postgresText(statement([7]))).toEqual({ text: 'select $1 where i.id = any($2) and b = $3 and i.name = any($4)', values: ['first', '{7}', 'between', ['x']] });
    expect(postgresText(statement([1, 2, 3]))).toMatchObject({ text: postgresText(statement([7])).text, values: ['first', '{1,2,3}', 'between', ['x']] });
  });

  it('leaves a list of what is to be left out as it is', () => {
    expect(postgresText(sqlText`select a not in (${sqlValues([1, 2])})`)).toEqual({ text: 'select a not in ($1, $2)', values: [1, 2] });
  });
});

describe('a reader on Postgres', () => {
  let database: TestDatabase;
  let pool: Pool;
  let reader: PostgresReader;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new Pool({ connectionString: database.url, max: 1 });
    reader = new PostgresReader(async () => pool, { statementMs: 30_000, answerMs: 10_000 });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const least = (value: number): SqlText => sqlText`select n, n * 2 as twice from generate_series(1, 3) n where n >= ${value}`;

  it('answers rows as arrays and as objects', async () => {
    expect(await reader.all(least(2))).toEqual([[2, 4], [3, 6]]);
    expect(await reader.objects(least(3))).toEqual([{ n: 3, twice: 6 }]);
  });

  it('finds texts with whatever signs', async () => {
    const texts = ['a', 'b"', 'c\\', '{d,e}', "f'", 'NULL'];
    const found = await reader.all<[string]>(sqlText`select x.tag as tag from unnest(${texts}::text[]) x(tag) where ${oneOf('x.tag', texts)}`);
    expect(found.map(([text]) => text)).toEqual(texts);
  });

  it('keeps a steady statement prepared once it is asked a second time, and no other', async () => {
    for (let value = 1; value <= 3; value += 1) {
      await reader.all(least(value), { steady: true });
      await reader.all(sqlText`select ${value}::int as other`);
    }
    expect(await reader.all(PREPARED)).toEqual([[expect.stringMatching(/^read_[\w-]{43}$/), postgresText(least(1)).text]]);
  });

  it('answers after its prepared statements were taken away', async () => {
    await pool.query('deallocate all');
    expect(await reader.all(least(3), { steady: true })).toEqual([[3, 6]]);
    expect(await reader.all(least(2), { steady: true })).toEqual([[2, 4], [3, 6]]);
  });

  it('bounds what a connection keeps prepared', async () => {
    for (let asked = 0; asked < 260; asked += 1) {
      const text = sqlText`select ${sqlInteger(asked, { max: 260 })} as n`;
      await reader.all(text, { steady: true });
      expect(await reader.all(text, { steady: true })).toEqual([[asked]]);
    }
    expect((await reader.all(PREPARED)).length).toBeLessThanOrEqual(201);
  });

  it('tells what is wrong with a statement, and goes on', async () => {
    await expect(reader.all(sqlText`select nothing`, { steady: true })).rejects.toMatchObject({ code: '42703' });
    await expect(reader.all(sqlText`select ${'x'}::int as n`)).rejects.toMatchObject({ code: '22P02' });
    expect(await reader.all(least(3))).toEqual([[3, 6]]);
  });
});
