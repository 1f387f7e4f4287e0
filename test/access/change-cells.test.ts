import { afterAll, beforeAll } from 'vitest';
import { testCases } from './cells.js';
import { IMAGE_CHANGES } from './image-change-cases.js';
import { type PersonaWorld, startPersonas } from './personas.js';

let cast: PersonaWorld;
beforeAll(async () => {
  cast = await startPersonas();
});
afterAll(async () => cast?.world.close());

testCases(IMAGE_CHANGES, () => cast);
