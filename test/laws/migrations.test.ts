import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/platform/database/database.js';
import { openEmptyDatabase, type TestedDatabase } from '../support/database.js';

describe('the migrations', () => {
  let opened: TestedDatabase;

  beforeAll(async () => {
    opened = await openEmptyDatabase();
  });
  afterAll(async () => opened?.close());

  it('make exactly the tables that the entities describe', async () => {
    expect(await migrate(opened.database)).not.toEqual([]);
    expect(await opened.database.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
  });

  it('have nothing left to do when run again', async () => {
    expect(await migrate(opened.database)).toEqual([]);
  });

  it('agree with the snapshot that the next migration will be made from', async () => {
    expect(await opened.database.migrator.checkSchema()).toBe(false);
  });
});
