import { expect, it } from 'vitest';
import { CachedRead, forgetCachedReads } from '../../src/platform/database/cache-invalidation.js';
import { openMigratedDatabase } from '../support/database.js';

it('is forgotten once another process has changed what it was read from', async () => {
  await using opened = await openMigratedDatabase();
  const { driver } = opened.database;
  const read = new CachedRead<number>(driver);
  await read.renew(async () => 1);
  expect(read.get()).toBe(1);
  forgetCachedReads(driver);
  expect(read.get()).toBeUndefined();
});
