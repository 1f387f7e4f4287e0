import { describe, expect, it } from 'vitest';
import { type Persona, PERSONAS, type World } from './world.js';

export interface Request {
  query: string;
  variables?: Record<string, unknown>;
}

/**
 * One row of the permission table: cells in the order U O D I X Z M N S, each y allowed, F FORBIDDEN or N NOT_FOUND or null.
 * A is always UNAUTHENTICATED. The request is made anew for each cell.
 */
export type Row = [operation: string, cells: string, request: (persona: Persona, world: World) => Request | Promise<Request>];

/** Only a SuperAdmin; everybody else is told so. */
export const SUPER_ONLY = 'FFFFFFFFy';

let names = 0;

/** A name that no other cell uses; those of images of the world never begin like this. */
export function uniqueName(persona: string): string {
  return `${persona}-${(names += 1)}`;
}

export function text(query: string): () => Request {
  return () => ({ query });
}

const LETTERS: Record<string, string> = { UNAUTHENTICATED: 'A', FORBIDDEN: 'F', NOT_FOUND: 'N' };

async function outcome(world: World, persona: Persona, request: Row[2]): Promise<string> {
  const { query, variables } = await request(persona, world);
  const { data, errors } = await world.clients[persona].send(query, variables);
  const code = errors[0]?.extensions.code;
  if (code === 'INTERNAL_SERVER_ERROR') return world.gateway.output().slice(-2000);
  if (code !== undefined) return LETTERS[code] ?? `${code}: ${errors[0]?.message}`;
  return Object.values(data ?? {}).every((value) => value === null) ? 'N' : 'y';
}

/** One test per cell. */
export function testCells(rows: Row[], world: () => World): void {
  describe.each(rows)('%s', (_operation, cells, request) => {
    it.each(PERSONAS.map((persona, at) => [persona, at === 0 ? 'A' : cells[at - 1]] as const))('%s: %s', async (persona, expected) => {
      expect(await outcome(world(), persona, request)).toBe(expected);
    });
  });
}
