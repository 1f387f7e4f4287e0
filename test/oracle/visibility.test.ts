import { afterAll, describe, expect, it } from 'vitest';
import { type Operation, writeOperation } from '../fuzz/operations.js';
import { Tape, tapes } from '../fuzz/tape.js';
import type { TestClient } from '../support/gateway.js';
import { fc, SEED } from '../support/random.js';
import type { BuiltWorld } from './build-world.js';
import { expected, given } from './compare.js';
import { Model } from './model.js';
import { schema } from './schema.js';
import { secrets } from './secrets.js';
import { everyWay, material } from './questions.js';
import { closeWorlds, inEveryWorld } from './worlds.js';

const LIMIT_MS = 300_000;
const RANDOM_QUESTIONS = 20;

afterAll(closeWorlds);

async function eachUser(world: BuiltWorld, ask: (username: string, client: TestClient) => Promise<void>): Promise<void> {
  await Promise.all([...world.clients].map(async ([username, client]) => ask(username, client)));
}

async function askEverybody(world: BuiltWorld, operations: readonly Operation[]): Promise<void> {
  await eachUser(world, async (username, client) => {
    const model = new Model(world.facts, username);
    for (const operation of operations) {
      const answer = await client.send(operation.query, operation.variables);
      const wanted = expected(model, operation);
      expect({ username, ...operation, ...given(answer) }).toEqual({ username, ...operation, ...wanted });
    }
  });
}

/** The whole answer to an operation about that name, with the name taken out again, and the id of the request. */
async function answerAbout(client: TestClient, { query, variables }: Operation, name: string): Promise<string> {
  const named = JSON.parse(JSON.stringify(variables).replaceAll('SECRET', name)) as Record<string, unknown>;
  const answer = JSON.stringify(await client.send(query, named));
  return answer.replaceAll(name, 'SECRET').replaceAll(/"requestId":"[^"]*",?/g, '');
}

/** Lists whose pages are walked, with the arguments that come before those of the page. */
const LISTS = [
  ['images', 'showAll: true, showDeleted: true, orderBy: { field: SIZE, direction: DESC }', 'name'],
  ['images', 'showAll: true, orderBy: { field: ALIAS }', 'name'],
  ['usableImages', 'orderBy: { field: CREATED_AT }', 'name'],
  ['images', 'showAll: true, orderBy: { field: OWNER }', 'name'],
  ['images', 'showAll: true, showDeleted: true, orderBy: { field: OS_TYPE, direction: DESC }', 'name'],
  ['images', 'datacenter: "main", orderBy: { field: STATUS }', 'name'],
  ['usableImages', 'datacenter: "main", orderBy: { field: VERSION, direction: DESC }', 'name'],
  ['usableImages', 'orderBy: { field: UPDATED_AT }, filter: { not: { search: "zebra" } }', 'name'],
  ['datacenters', '', 'name'],
  ['users', '', 'username'],
  ['groups', '', 'name'],
  ['servers', '', 'hostname'],
  ['tasks', '', 'id'],
] as const;
type List = (typeof LISTS)[number];

async function atOnce(client: TestClient, [list, args, field]: List): Promise<unknown> {
  const { data } = await client.send(`{ ${list}(${args} first: 200) { nodes { ${field} } } }`);
  const rows = (data?.[list]?.nodes ?? []) as Record<string, string>[];
  return { forwards: rows, backwards: rows };
}

async function walk(client: TestClient, [list, args, field]: List, isForward: boolean): Promise<unknown[]> {
  const [size, from, more, end] = isForward ? ['first', 'after', 'hasNextPage', 'endCursor'] : ['last', 'before', 'hasPreviousPage', 'startCursor'];
  const rows: unknown[] = [];
  for (let cursor: string | null = null; ; ) {
    const query = `query ($c: String) { ${list}(${args} ${size}: 2, ${from}: $c) { nodes { ${field} } pageInfo { ${more} ${end} } } }`;
    const { data } = await client.send(query, { c: cursor });
    const page = data?.[list];
    // Null with an error: this user may not read the list.
    if (page === undefined || page === null) return rows;
    if (isForward) rows.push(...page.nodes);
    else rows.unshift(...page.nodes);
    if (page.pageInfo[more as string] !== true) return rows;
    cursor = page.pageInfo[end as string] as string;
  }
}

async function pageByPage(client: TestClient, list: List): Promise<unknown> {
  return { forwards: await walk(client, list, true), backwards: await walk(client, list, false) };
}

describe('in random worlds, every user', () => {
  it('is answered exactly what the rules let it see, by every way to a row', { timeout: LIMIT_MS }, async () => {
    await inEveryWorld(async (world) => askEverybody(world, everyWay(world.facts)));
  });

  it('is answered exactly that by random queries, too', { timeout: LIMIT_MS }, async () => {
    const drawn = fc.sample(tapes(60), { seed: SEED, numRuns: RANDOM_QUESTIONS });
    await inEveryWorld(async (world) => {
      const operations = drawn.map((tape) => writeOperation(schema, 'query', material(world.facts), new Tape(tape)));
      await askEverybody(world, operations);
    });
  });

  it('reads every list page by page, from both ends, as it reads it at once', { timeout: LIMIT_MS }, async () => {
    await inEveryWorld(async (world) =>
      eachUser(world, async (username, client) => {
        for (const list of LISTS) expect({ username, list, rows: await pageByPage(client, list) }).toEqual({ username, list, rows: await atOnce(client, list) });
      }),
    );
  });

  it('gets the same answer for what is hidden as for what is not there, from every operation', { timeout: LIMIT_MS }, async () => {
    await inEveryWorld(async (world) =>
      eachUser(world, async (username, client) => {
        for (const { hidden, missing, operations } of secrets(world.facts, username)) {
          for (const operation of operations) {
            const { query } = operation;
            const [told, wanted] = [await answerAbout(client, operation, hidden), await answerAbout(client, operation, missing)];
            expect({ username, query, hidden, told }).toEqual({ username, query, hidden, told: wanted });
          }
        }
      }),
    );
  });
});
