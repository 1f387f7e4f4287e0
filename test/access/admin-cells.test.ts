import { afterAll, beforeAll } from 'vitest';
import { ADMIN_CHANGES } from './admin-cases.js';
import { testCases } from './cells.js';
import { World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.create();
});
afterAll(async () => world?.close());

testCases(ADMIN_CHANGES, () => world);
