import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { usernames } from '../../src/access/people/usernames.js';
import { openMigratedDatabase, type TestedDatabase } from '../support/database.js';

describe('the names of users', () => {
  let opened: TestedDatabase;
  const add = async (ids: readonly number[]): Promise<unknown> =>
    opened.database.em.fork().getConnection().execute(`insert into user_account (id, username, created_at) values ${ids.map((id) => `(${id}, 'user-${id}', 0)`).join()}`, [], 'run');
  const named = async (ids: readonly number[]): Promise<(string | undefined)[]> => {
    const names = await usernames(opened.database.em.fork(), ids);
    return ids.map((id) => names.get(id));
  };

  beforeAll(async () => {
    opened = await openMigratedDatabase();
    await add(Array.from({ length: 200 }, (_, at) => at + 1));
  });
  afterAll(async () => opened?.close());

  it('are those of the ids, wherever they lie', async () => {
    expect(await named([200, 31, 32, 1, 64])).toEqual(['user-200', 'user-31', 'user-32', 'user-1', 'user-64']);
    expect(await named([33, 150, 33])).toEqual(['user-33', 'user-150', 'user-33']);
  });

  it('are missing for who is not there, and found once they are', async () => {
    expect(await named([201, 9000, 2])).toEqual([undefined, undefined, 'user-2']);
    await add([201]);
    expect(await named([201, 9000])).toEqual(['user-201', undefined]);
  });
});
