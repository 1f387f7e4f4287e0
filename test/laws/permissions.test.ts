import type { GraphQLSchema } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Action, type AccountRow, isCallerAction, MATRIX, type PermissionRow, ROOT_ACTIONS, type RootField } from '../../src/access/matrix.js';
import { PERMISSIONS } from '../../src/access/permission.js';
import { buildGatewaySchema } from '../../src/graphql/schema/schema.js';
import { ADMIN_CHANGES } from '../access/admin-cases.js';
import { IMAGE_CHANGES } from '../access/image-change-cases.js';
import { READS } from '../access/read-cases.js';
import { PERSONAS } from '../access/personas.js';
import { askedActions } from './asked-actions.js';
import { filesUnder } from './sources.js';

const MATRIX_FILE = 'src/access/matrix.ts';
const ACTIONS: ReadonlySet<string> = new Set(Object.keys(MATRIX));
const ROWS: readonly (PermissionRow | AccountRow)[] = Object.values(MATRIX);
const ROOT_ROWS = Object.values(ROOT_ACTIONS).flatMap((fields) => Object.entries<Action>(fields));
const CASES = [...READS, ...IMAGE_CHANGES, ...ADMIN_CHANGES];

let schema: GraphQLSchema;
beforeAll(async () => {
  schema = await buildGatewaySchema({ referenceResolvers: {} });
});

function rootFields(): string[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) => Object.keys(type?.getFields() ?? {}));
}

function lacking(wanted: Iterable<string>, given: readonly string[]): string[] {
  return [...new Set(wanted)].filter((one) => !given.includes(one)).sort();
}

describe('the permission matrix', () => {
  it('has no row that nobody asks', () => {
    const sources = filesUnder(['src'], ['.ts']).filter(({ path }) => path !== MATRIX_FILE);
    // A root field asks its row by itself where the caller alone decides; in a datacenter, the service has to.
    const atRoot = ROOT_ROWS.map(([, action]) => action).filter(isCallerAction);
    expect(lacking(ACTIONS, [...sources.flatMap((file) => askedActions(file, ACTIONS)), ...atRoot])).toEqual([]);
  });

  it('names every permission in some row', () => {
    const named = ROWS.flatMap((row) => ('where' in row ? row.needs.flat() : []));
    expect(lacking(PERMISSIONS, named)).toEqual([]);
  });

  it('has a row for every root field of the schema in ROOT_ACTIONS, and for no other', () => {
    const fields = ROOT_ROWS.map(([field]) => field);
    expect({ withoutRow: lacking(rootFields(), fields), notInSchema: lacking(fields, rootFields()) }).toEqual({ withoutRow: [], notInSchema: [] });
  });

  it('is tried by every persona at every root field, in a case of test/access', () => {
    const tried: readonly RootField[] = CASES.map(([field]) => field);
    expect(lacking(rootFields(), tried)).toEqual([]);
    const wrong = CASES.filter(([, , cells]) => cells.length !== PERSONAS.length - 1 || /[^yFN]/.test(cells));
    expect(wrong.map(([field, about]) => `${field} ${about}`)).toEqual([]);
  });
});

describe('an action counts as asked', () => {
  const asked = (text: string): string[] => askedActions({ path: 'sample.ts', text }, ACTIONS);

  it.each([
    ["viewer.demand('image.list', { datacenter });", ['image.list']],
    ["viewer.can(isAttach ? 'image.attach' : 'image.detach');", ['image.attach', 'image.detach']],
  ])('in %s', (text, actions) => {
    expect(asked(text)).toEqual(actions);
  });

  it.each(["const phrase = 'image.list';", "type A = 'image.list';", "// viewer.can('image.list')"])('not in %s', (text) => {
    expect(asked(text)).toEqual([]);
  });
});
