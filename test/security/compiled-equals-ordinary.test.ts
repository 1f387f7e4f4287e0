import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servedSchema } from '../fuzz/cases.js';
import { buildFuzzWorld } from '../fuzz/fuzz-world.js';
import { type Operation, writeOperation } from '../fuzz/operations.js';
import { Tape } from '../fuzz/tape.js';
import { fuzzMaterial, WRONG_VALUES } from '../fuzz/values.js';
import type { BuiltWorld } from '../oracle/build-world.js';
import { withSettings } from '../support/gateway.js';
import { randomNumbers, SEED } from '../support/random.js';

// Thousands of documents that are new would cost more than a budget holds.
withSettings({ COMPILED_OPERATIONS: 'on', COST_PER_SECOND: '0' });

/** Random documents for each root field, others in each run, and what is asked of each beside what it was written for. */
const DOCUMENTS = 2;
const TWISTS = 4;

/** Names that objects inherit, and names of arguments of other fields. */
const HOSTILE_NAMES = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', 'owner', 'first', 'filter', 'name', 'representations', 'variables', 'context', 'coerced', 'input'];
const OPERATION_NAMES = [undefined, null, '', 'Q', 'constructor', 'Nope'];
const CALLERS = ['admin', 'user1', 'user3'];

let world: BuiltWorld;
let fresh = 0;

beforeAll(async () => {
  world = await buildFuzzWorld();
});
afterAll(async () => world?.close());

function tapeOf(seed: number): Tape {
  const random = randomNumbers(seed);
  return new Tape(Array.from({ length: 400 }, () => Math.floor(random() * 2 ** 24)));
}

/** One query of that root field alone, its variables under hostile names. */
function queryOf(field: string, tape: Tape): Operation {
  const material = { ...fuzzMaterial(world.facts), depth: 3, fields: 20, isWanted: (place: string) => !place.startsWith('Query.') || place.startsWith(`Query.${field}.`) || place === `Query.${field}` };
  const { query, variables } = writeOperation(servedSchema, 'query', material, tape);
  const names = tape.some(HOSTILE_NAMES, HOSTILE_NAMES.length);
  const renamed = (variable: string): string => `${names[Number(variable.slice(1)) % names.length]}${Number(variable.slice(1)) >= names.length ? variable : ''}`;
  return {
    query: query.replace(/\$(v\d+)/g, (_all, variable: string) => `$${renamed(variable)}`),
    variables: Object.fromEntries(Object.entries(variables).map(([variable, value]) => [renamed(variable), value])),
  };
}

/** The same variables with one of another type, null, missing or too many. */
function twisted(variables: Record<string, unknown>, tape: Tape): Record<string, unknown> {
  const key = tape.pick([...Object.keys(variables), 'extra']);
  const { [key]: _left, ...rest } = variables;
  return tape.pick([rest, { ...variables, [key]: tape.pick(WRONG_VALUES) }, { ...variables, [key]: null }, { ...variables, [tape.pick(HOSTILE_NAMES)]: '1; select 1' }]);
}

/** What does not depend on which of two errors below a field that must not be null comes first: graphql-js keeps the first one only. */
async function send(caller: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${world.clients.get(caller)?.key}` };
  const response = await fetch(`${world.gateway.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) });
  const { data, errors } = (await response.json()) as { data?: unknown; errors?: unknown };
  // The id of a request, and a point in the document, are not a part of the answer.
  const isAnswered = data !== undefined;
  const text = JSON.stringify({ status: response.status, data, errors: isAnswered ? errors !== undefined : errors });
  return JSON.parse(text.replace(/"requestId":"[^"]*"|under request [\w-]+/g, '"requestId":""')) as unknown;
}

/** A document that nobody has seen yet goes through Apollo Server and graphql-js. */
function unseen(query: string): string {
  fresh += 1;
  return `${query} # ${fresh}`;
}

async function compiledAnswers(): Promise<number> {
  const text = await (await fetch(`${world.gateway.url}/metrics`)).text();
  return Number(/^gateway_compiled_queries_total (\d+)/m.exec(text)?.[1] ?? 0);
}

describe('a query is answered the same as compiled code and by graphql-js', () => {
  const fields = Object.keys(servedSchema.getQueryType()?.getFields() ?? {});

  it.each(fields)('%s', { timeout: 120_000 }, async (field) => {
    for (let at = 0; at < DOCUMENTS; at += 1) {
      const tape = tapeOf(SEED + at * 7919 + fields.indexOf(field) * 104_729);
      const { query, variables } = queryOf(field, tape);
      for (const caller of CALLERS) {
        for (let time = 0; time < 3; time += 1) await send(caller, { query, variables });
        const asked = [{ variables }, ...OPERATION_NAMES.map((operationName) => ({ variables, operationName })), ...Array.from({ length: TWISTS }, () => ({ variables: twisted(variables, tape) }))];
        for (const one of asked) {
          const [often, once] = [await send(caller, { query, ...one }), await send(caller, { query: unseen(query), ...one })];
          expect(often, `${caller}: ${JSON.stringify({ query, ...one })}`).toEqual(once);
        }
      }
    }
  });

  it('and many of them were compiled', async () => {
    // Else nothing was compared.
    expect(await compiledAnswers()).toBeGreaterThan(fields.length * DOCUMENTS);
  });
});
