import { afterAll, beforeAll } from 'vitest';
import { ADMIN_CHANGES } from './admin-cases.js';
import { testCases } from './cells.js';
import { type PersonaWorld, startPersonas } from './personas.js';

let cast: PersonaWorld;
beforeAll(async () => {
  cast = await startPersonas();
});
afterAll(async () => cast?.world.close());

testCases(ADMIN_CHANGES, () => cast);
