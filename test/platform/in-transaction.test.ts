import { UniqueConstraintViolationException } from '@mikro-orm/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { User } from '../../src/access/people/user.entity.js';
import type { SqlEntityManager } from '../../src/platform/database/database.js';
import { inTransaction } from '../../src/platform/database/in-transaction.js';
import { readRows } from '../../src/platform/database/read/read-rows.js';
import { sqlText } from '../../src/platform/database/sql-text.js';
import { writeRows } from '../../src/platform/database/write-rows.js';
import { CachedRead } from '../../src/platform/database/cache-invalidation.js';
import { openMigratedDatabase, type TestedDatabase } from '../support/database.js';

let tested: TestedDatabase;
beforeAll(async () => {
  tested = await openMigratedDatabase();
});
afterAll(async () => tested?.close());

const em = (): SqlEntityManager => tested.database.em.fork();
const add = async (tx: SqlEntityManager, name: string): Promise<number> =>
  writeRows(tx, sqlText`insert into user_account (username, is_super_admin, active, created_at) values (${name}, false, true, 0)`);
async function names(): Promise<string[]> {
  const rows = await readRows<[string]>(em(), sqlText`select username from user_account order by username`);
  return rows.map(([name]) => name);
}

describe('inTransaction', () => {
  it('writes by text and by entities, each of which sees the other', async () => {
    await inTransaction(em(), async (tx) => {
      expect(await add(tx, 'text')).toBe(1);
      const found = await tx.findOneOrFail(User, { username: 'text' });
      found.email = 'text@example.org';
      tx.create(User, { username: 'entity', isSuperAdmin: false });
      await tx.flush();
      expect(await readRows(tx, sqlText`select username, email from user_account order by username`)).toEqual([['entity', null], ['text', 'text@example.org']]);
      found.email = 'late@example.org';
    });
    expect(await names()).toEqual(['entity', 'text']);
    expect((await em().findOneOrFail(User, { username: 'text' })).email).toBe('late@example.org');
  });

  it('leaves nothing of work that throws, and takes the next', async () => {
    const work = async (tx: SqlEntityManager): Promise<void> => {
      await add(tx, 'gone');
      throw new Error('on purpose');
    };
    await expect(inTransaction(em(), work)).rejects.toThrow('on purpose');
    expect(await names()).not.toContain('gone');
    await inTransaction(em(), async (tx) => add(tx, 'next'));
    expect(await names()).toContain('next');
  });

  it('runs work anew that meets what another left, and throws the broken constraint in the end', async () => {
    let runs = 0;
    const work = async (tx: SqlEntityManager): Promise<unknown> => ((runs += 1), add(tx, runs === 2 ? 'second-try' : 'next'));
    await inTransaction(em(), work);
    expect([runs, (await names()).includes('second-try')]).toEqual([2, true]);
    await expect(inTransaction(em(), async (tx) => add(tx, 'next'))).rejects.toBeInstanceOf(UniqueConstraintViolationException);
  });

  it('drops what was remembered of rights, with the write and again with the commit', async () => {
    const remembered = new CachedRead<string>(tested.database.driver);
    await remembered.renew(async () => 'before');
    await inTransaction(em(), async (tx) => {
      await add(tx, 'watched');
      expect(remembered.get()).toBeUndefined();
      await remembered.renew(async () => 'read by others meanwhile');
    });
    expect(remembered.get()).toBeUndefined();
  });

  it('refuses to write by text outside of one', async () => {
    await expect(add(em(), 'alone')).rejects.toThrow('inside a transaction only');
  });
});
