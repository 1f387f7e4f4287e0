import { Kind, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { RootField } from '../../src/access/matrix.js';
import { follow } from '../support/follow.js';
import { ask, type Result } from '../support/transports.js';
import { type Persona, PERSONAS, type PersonaWorld } from './personas.js';

export interface Request {
  query: string;
  variables?: Record<string, unknown>;
}

/**
 * What each persona is answered by one root field: cells in the order U O D I X Z M N S, each y allowed, F FORBIDDEN or N
 * NOT_FOUND or null. A is always UNAUTHENTICATED. The request is made anew for each cell.
 */
export type Case = [field: RootField, about: string, cells: string, request: (persona: Persona, cast: PersonaWorld) => Request | Promise<Request>];
export type MakeRequest = Case[3];

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

/** Permissions are looked at before the state of a thing, so who hears of its state was allowed. */
const LETTERS: Record<string, string> = { UNAUTHENTICATED: 'A', FORBIDDEN: 'F', NOT_FOUND: 'N', TASK_NOT_CANCELLABLE: 'y', NO_FILE: 'y' };

async function answerOf({ world: { gateway }, clients }: PersonaWorld, persona: Persona, request: Request): Promise<Result> {
  const client = clients[persona];
  if (rootFieldsOf(request.query).type !== 'subscription') return client.send(request.query, request.variables);
  if (client.key === null) return ask('sse', gateway.url, null, request);
  const before = await streamsBegun(gateway.url);
  const following = await follow('sse', gateway.url, client.key, request.query);
  const code = (await streamsBegun(gateway.url)) > before ? null : await following.ended;
  await following.stop();
  return code === null ? { data: { stream: 'begun' } } : { errors: [{ message: code, extensions: { code } }] };
}

/** Subscriptions that were not refused, so far. */
async function streamsBegun(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return [...metrics.matchAll(/^gateway_operations_total\{.*kind="subscription".*outcome="OK"\} (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function outcome(cast: PersonaWorld, persona: Persona, [field, , , makeRequest]: Case): Promise<string> {
  const request = await makeRequest(persona, cast);
  expect(rootFieldsOf(request.query).fields).toContain(field);
  const { data, errors } = await answerOf(cast, persona, request);
  const code = errors?.[0]?.extensions.code;
  if (code === 'INTERNAL_SERVER_ERROR') return cast.world.gateway.output().slice(-2000);
  if (code !== undefined) return LETTERS[code] ?? `${code}: ${errors?.[0]?.message}`;
  return Object.values(data ?? {}).flat().every((value) => value === null) ? 'N' : 'y';
}

function rootFieldsOf(query: string): { type: string; fields: string[] } {
  const [operation] = parse(query).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`A case asks an operation, not ${query}`);
  return { type: operation.operation, fields: operation.selectionSet.selections.flatMap((one) => (one.kind === Kind.FIELD ? [one.name.value] : [])) };
}

/** One test per cell. */
export function testCases(cases: readonly Case[], cast: () => PersonaWorld): void {
  describe.each(cases)('%s %s', (...row) => {
    const [, , cells] = row;
    it.each(PERSONAS.map((persona, at) => [persona, at === 0 ? 'A' : cells[at - 1]] as const))('%s: %s', async (persona, expected) => {
      expect(await outcome(cast(), persona, row)).toBe(expected);
    });
  });
}
