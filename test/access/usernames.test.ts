import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { usernames } from '../../src/access/usernames.js';
import { openMigratedDatabase, type TestedDatabase } from '../support/database.js';
import { watchStatements } from '../support/statements.js';

const PEOPLE = 5000;
const FIRST = 10;

describe('the names of users', () => {
  let opened: TestedDatabase;
  let statements = 0;

  beforeEach(async () => {
    opened = await openMigratedDatabase();
    const run = async (statement: string): Promise<unknown> => opened.database.em.fork().getConnection().execute(statement, [], 'run');
    for (let start = FIRST; start < FIRST + PEOPLE; start += 500) {
      await run(`insert into user_account (id, username, created_at) values ${Array.from({ length: 500 }, (_, at) => `(${start + at}, 'user-${start + at}', 0)`).join()}`);
    }
    watchStatements(opened.database, () => (statements += 1));
    statements = 0;
  });
  afterEach(async () => opened.close());

  const ids = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => FIRST + from + at);
  const ask = async (asked: number[]): Promise<(string | undefined)[]> => {
    const names = await usernames(opened.database.em.fork(), asked);
    return asked.map((id) => names.get(id));
  };

  it('are read once each, those that nobody has left out', async () => {
    expect(await ask([FIRST, FIRST + 1, 999_999])).toEqual([`user-${FIRST}`, `user-${FIRST + 1}`, undefined]);
    expect(await ask([FIRST, FIRST + 1])).toEqual([`user-${FIRST}`, `user-${FIRST + 1}`]);
    expect(statements).toBe(1);
  });

  it('are all read in the background once a thousand were not known', async () => {
    for (let from = 0; from < 1000; from += 100) await ask(ids(from, 100));
    const rest = ids(1000, PEOPLE - 1000);
    await expect.poll(async () => {
      statements = 0;
      expect(await ask(rest.slice(-100))).toEqual(rest.slice(-100).map((id) => `user-${id}`));
      return statements;
    }).toBe(0);
    expect(await ask(rest)).toEqual(rest.map((id) => `user-${id}`));
    expect(statements).toBe(0);
  });

  it('of somebody who came later are read, too', async () => {
    for (let from = 0; from < 1000; from += 100) await ask(ids(from, 100));
    await opened.database.em.fork().getConnection().execute("insert into user_account (id, username, created_at) values (90000, 'late', 0)", [], 'run');
    expect(await ask([90_000])).toEqual(['late']);
  });
});
