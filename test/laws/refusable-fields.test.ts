import { type GraphQLSchema, isNonNullType, isObjectType } from 'graphql';
import { getMetadataStorage } from 'type-graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AccountRow, type Action, MATRIX, type PermissionRow, ROOT_ACTIONS } from '../../src/access/matrix.js';
import { FIELD_RULES } from '../../src/access/shield.js';
import { buildGatewaySchema } from '../../src/graphql/schema/schema.js';
import { RefusingMethods } from './refusing-methods.js';

/** Fields that the contract makes non-null although they can be refused, and why no more than their nullable parent is lost. */
const EXCEPTIONS = new Map([
  ['ImageRepository.images', 'Only where a repository is reached through `Image.repository` by who may not browse: that is null then.'],
  ['VirtualServer.datacenter', 'Only of the image server, which admins of other datacenters see through `Query.imageServer`: that is null then.'],
  ['Snapshot.server', 'Only where the server is unregistered between two statements of one request: who sees a snapshot sees its server.'],
]);

let schema: GraphQLSchema;
let refusing: RefusingMethods;
beforeAll(async () => {
  schema = await buildGatewaySchema({ referenceResolvers: {} });
  refusing = new RefusingMethods();
});

function isNonNull(typeName: string, field: string): boolean {
  const type = schema.getType(typeName);
  const found = isObjectType(type) ? type.getFields()[field] : undefined;
  if (found === undefined) throw new Error(`The schema has no field ${typeName}.${field}.`);
  return isNonNullType(found.type);
}

/** `Type.field` of what a rule guards: root fields of Query by the permission matrix, and the object fields of shield. */
function guardedFields(): [type: string, field: string][] {
  const rows: Readonly<Record<Action, PermissionRow | AccountRow>> = MATRIX;
  const roots = Object.entries<Action>(ROOT_ACTIONS.Query).filter(([, action]) => rows[action].needs !== 'signedIn');
  const fields = Object.entries(FIELD_RULES).flatMap(([type, rules]) => Object.keys(rules).map((field): [string, string] => [type, field]));
  return [...roots.map(([field]): [string, string] => ['Query', field]), ...fields];
}

/** `Type.field` of what a resolver answers that may throw a refusal. */
function refusedFields(): [type: string, field: string][] {
  const { queries, fieldResolvers, objectTypes } = getMetadataStorage();
  const methods = [
    ...queries.map(({ target, methodName, schemaName }) => ({ target, methodName, schemaName, type: 'Query' })),
    ...fieldResolvers
      .filter(({ kind }) => kind === 'external')
      .map(({ target, methodName, schemaName, getObjectType }) => ({ target, methodName, schemaName, type: objectTypes.find((one) => one.target === getObjectType?.())?.name ?? '' })),
  ];
  return methods.filter(({ target, methodName }) => refusing.mayRefuse(target.name, methodName)).map(({ type, schemaName }) => [type, schemaName]);
}

function nonNullAmong(fields: readonly [type: string, field: string][]): string[] {
  return fields.filter(([type, field]) => isNonNull(type, field)).map(([type, field]) => `${type}.${field}`);
}

describe('a field that can be refused is nullable, so that a refusal leaves the rest of the answer', () => {
  it('where a rule of the permission matrix guards it', () => {
    expect(nonNullAmong(guardedFields())).toEqual([]);
  });

  it('where its resolver may throw FORBIDDEN, NOT_FOUND or UNAUTHENTICATED', () => {
    expect(nonNullAmong(refusedFields()).sort()).toEqual([...EXCEPTIONS.keys()].sort());
  });

  it('would be found: through a service, a loader, a function, and not behind a catch that answers', () => {
    const names = refusedFields().map(([type, field]) => `${type}.${field}`);
    expect(names).toEqual(expect.arrayContaining(['Query.images', 'Query.tasks', 'Viewer.permissions', 'Datacenter.settings', 'Image.manifest', 'ImageRepository.images', 'Image.children']));
    expect(names).not.toContain('Image.actions');
    expect(names).not.toContain('Viewer.currentDatacenter');
    const text = `
      class Service { readonly byId = new Loader(async () => refuse()); constructor(private readonly viewer: Viewer) {} one() { this.viewer.demand('a'); } }
      class Resolver {
        constructor(private readonly service: Service, private readonly later: () => Service) {}
        direct() { this.service.viewer.can('image.list'); throw new AppError('FORBIDDEN', ''); } other() { throw new AppError('RATE_LIMITED', ''); }
        called() { return this.service.one(); } late() { return this.later().one(); } loaded() { return this.service.byId.load(1); }
        answered() { try { return this.service.one(); } catch { return null; } }
      }
      function refuse() { throw notFound('a', 'b'); }`;
    const sample = new RefusingMethods([{ path: 'src/sample.ts', text }]);
    const refused = ['direct', 'other', 'called', 'late', 'loaded', 'answered'].filter((method) => sample.mayRefuse('Resolver', method));
    expect(refused).toEqual(['direct', 'called', 'late', 'loaded']);
  });
});
