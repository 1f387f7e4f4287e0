import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { MikroORM } from '@mikro-orm/postgresql';
import { inject } from 'vitest';

export interface TestDatabase {
  url: string;
  /** Ends whatever is still connected, then drops the database; doing it twice is fine. */
  drop: () => Promise<void>;
}

const patienceMs = 25_000;

/** A database of its own on the run's Postgres: empty, or a copy of `template`, to which nobody may be connected. */
export async function createTestDatabase(template = 'template0'): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const url = new URL(inject('pgUrl'));
  await whenStarted();
  await asAdmin(`create database "${name}" template "${template}"`);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => asAdmin(`drop database if exists "${name}" with (force)`) };
}

async function asAdmin(statement: string): Promise<void> {
  const orm = await MikroORM.init({ clientUrl: inject('pgUrl'), entities: [], ensureDatabase: false, discovery: { warnWhenNoEntities: false } });
  try {
    await orm.em.getConnection().execute(statement);
  } finally {
    await orm.close(true);
  }
}

async function whenStarted(): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await asAdmin('select 1');
    } catch (error) {
      if (performance.now() > deadline) throw new Error('The Postgres of the tests did not start; see the message at the head of the run.', { cause: error });
      await sleep(100);
    }
  }
}
