import { MikroORM } from '@mikro-orm/postgresql';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from './postgres.js';

async function query(url: string, statement: string): Promise<unknown> {
  const orm = await MikroORM.init({ clientUrl: url, entities: [], ensureDatabase: false, discovery: { warnWhenNoEntities: false } });
  try {
    return await orm.em.getConnection().execute(statement);
  } finally {
    await orm.close(true);
  }
}

describe('the Postgres of the tests', () => {
  it('gives each caller a database of its own and can copy one', async () => {
    const first = await createTestDatabase();
    await query(first.url, 'create table note (text text); insert into note values (\'kept\')');
    const copy = await createTestDatabase(new URL(first.url).pathname.slice(1));
    await first.drop();

    expect(await query(copy.url, 'select text from note')).toEqual([{ text: 'kept' }]);
    await copy.drop();
    await copy.drop();
    await expect(query(copy.url, 'select 1')).rejects.toThrow('does not exist');
  });

  it('sorts by code point, as SQLite does', async () => {
    const database = await createTestDatabase();
    expect(await query(database.url, "select x from (values ('b'), ('B'), ('a')) as t(x) order by x")).toEqual([{ x: 'B' }, { x: 'a' }, { x: 'b' }]);
    await database.drop();
  });
});
