import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { type Database, type DatabaseTarget, migrate, openDatabase } from '../../src/platform/database.js';
import { createTestDatabase } from '../support/postgres.js';

const targets: [string, () => Promise<{ target: DatabaseTarget; drop: () => Promise<void> }>][] = [
  ['SQLite', async () => ({ target: { kind: 'sqlite', path: ':memory:' }, drop: async () => undefined })],
  [
    'Postgres',
    async () => {
      const { url, drop } = await createTestDatabase();
      return { target: { kind: 'postgres', url }, drop };
    },
  ],
];

describe.each(targets)('the migrations for %s', (_name, prepare) => {
  let database: Database;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const prepared = await prepare();
    drop = prepared.drop;
    database = await openDatabase(prepared.target, ENTITIES);
  });
  afterAll(async () => {
    await database?.close(true);
    await drop?.();
  });

  it('make exactly the tables that the entities describe', async () => {
    expect(await migrate(database)).not.toEqual([]);
    expect(await database.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
  });

  it('have nothing left to do when run again', async () => {
    expect(await migrate(database)).toEqual([]);
  });

  it('agree with the snapshot that the next migration will be made from', async () => {
    expect(await database.migrator.checkSchema()).toBe(false);
  });
});
