import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
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
  await whenThere(template);
  await asAdmin(`create database "${name}" template "${template}"`);
  url.pathname = `/${name}`;
  return { url: url.href, drop: async () => void (await asAdmin(`drop database if exists "${name}" with (force)`)) };
}

/** The same with the tables of the gateway, in which there are no rows. */
export async function createMigratedDatabase(): Promise<TestDatabase> {
  return createTestDatabase(inject('migratedPostgres'));
}

async function asAdmin(statement: string, values: readonly string[] = []): Promise<unknown[]> {
  const client = new Client({ connectionString: inject('pgUrl') });
  // A connection that breaks while nothing is asked is told to whoever asks next.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(statement, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** Resolves when the server runs and has that database: both are still being made when the first tests begin. */
async function whenThere(database: string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  let cause: unknown;
  do {
    try {
      if ((await asAdmin('select 1 from pg_database where datname = $1', [database])).length > 0) return;
    } catch (error) {
      cause = error;
    }
    await sleep(50);
  } while (performance.now() < deadline);
  throw new Error(`The Postgres of the tests did not start, or has no database ${database}; see the message at the head of the run.`, { cause });
}
