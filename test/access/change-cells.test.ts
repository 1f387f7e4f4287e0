import { afterAll, beforeAll } from 'vitest';
import { testCases } from './cells.js';
import { IMAGE_CHANGES } from './image-change-cases.js';
import { World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.create();
});
afterAll(async () => world?.close());

testCases(IMAGE_CHANGES, () => world);
