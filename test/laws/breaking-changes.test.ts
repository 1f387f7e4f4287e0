import { buildSchema, findBreakingChanges, findDangerousChanges, type GraphQLSchema, Kind, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { projectFile } from './sources.js';

// The directives of federation come from a link, not from definitions in the file.
function schemaOf(sdl: string): GraphQLSchema {
  return buildSchema(sdl, { assumeValidSDL: true });
}

/** `Type by field` for every key that other subgraphs may refer to. */
function keysOf(sdl: string): string[] {
  return parse(sdl).definitions.flatMap((one) =>
    one.kind === Kind.OBJECT_TYPE_DEFINITION
      ? (one.directives ?? [])
          .filter((applied) => applied.name.value === 'key')
          .flatMap((applied) => (applied.arguments ?? []).flatMap(({ value }) => (value.kind === Kind.STRING ? [`${one.name.value} by ${value.value}`] : [])))
      : [],
  );
}

/** A sentence for each change that breaks clients, or subgraphs that extend ours. */
function breakingChanges(before: string, after: string, subgraph = after): string[] {
  const keys = keysOf(subgraph);
  const lost = keysOf(before).filter((key) => !keys.includes(key));
  return [...findBreakingChanges(schemaOf(before), schemaOf(after)).map(({ description }) => description), ...lost.map((key) => `${key} is no key any more.`)];
}

function unnamed(changes: readonly string[], changelog: string): string[] {
  return changes.filter((change) => !changelog.includes(change));
}

const CHANGELOG = projectFile('docs/changelog.md');

describe('what breaks clients of the last release', () => {
  it('is named in docs/changelog.md, word for word', () => {
    const [before, after] = [projectFile('test/fixtures/schema-baseline.graphql'), projectFile('schema.graphql')];
    expect(unnamed(breakingChanges(before, after, projectFile('schema.subgraph.graphql')), CHANGELOG)).toEqual([]);
    const dangerous = findDangerousChanges(schemaOf(before), schemaOf(after)).map(({ description }) => description);
    expect(unnamed(dangerous, CHANGELOG)).toEqual([]);
  });

  it.each([
    ['Query.b was removed.', 'type Query { a: Int }'],
    ['Query.a changed type from Int to String.', 'type Query { a: String b(x: Int): Int }'],
    ['Query.b arg x has changed type from Int to Int!.', 'type Query { a: Int b(x: Int!): Int }'],
    ['T by id is no key any more.', 'type Query { a: Int b(x: Int): Int } type T { id: ID }'],
  ])('would be found: %s', (change, after) => {
    const before = 'type Query { a: Int b(x: Int): Int } type T @key(fields: "id") { id: ID }';
    const changes = breakingChanges(before, after.includes('type T') ? after : `${after} type T @key(fields: "id") { id: ID }`);
    expect(changes).toEqual([change]);
    expect(unnamed(changes, CHANGELOG)).toEqual([change]);
    expect(unnamed(changes, `${CHANGELOG}\n- ${change}\n`)).toEqual([]);
  });
});
