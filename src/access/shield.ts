import type { GraphQLSchema } from 'graphql';
import { AppError } from '../platform/errors.js';
import type { Action } from './matrix.js';
import { renewRightsBetweenMutations } from './mutation-rights.js';
import type { GatewayContext } from './request-container.js';
import { applyMiddleware, deny, rule, shield } from './shield-module.js';
import type { UserType } from './people/user.type.js';
import type { Viewer } from './viewer.js';

type Rule = ReturnType<ReturnType<typeof rule>>;
/** True, or the error to answer with. */
export type RootCheck = (viewer: Viewer) => true | Error;

/** What the rules of root fields ask, for who asks it once for a whole operation. */
const checks = new WeakMap<object, RootCheck>();

/** True, or the error to answer with. The rule's context alone decides, so it runs once per operation. */
function onViewer(check: RootCheck): Rule {
  const made = rule({ cache: 'no_cache' })((_parent: unknown, _args: unknown, { container }: GatewayContext) => {
    try {
      return check(container.viewer);
    } catch (error) {
      return error instanceof AppError ? error : new Error('A rule failed.', { cause: error });
    }
  });
  checks.set(made, check);
  return made;
}

/** For root fields whose permission depends on a row: the service decides, once it has seen whether the row can be seen. */
const signedIn = onViewer(() => true);

/** For root fields whose permission depends on the caller alone: refused before anything is read. */
function may(action: Action): Rule {
  return onViewer((viewer) => {
    const verdict = viewer.can(action);
    return verdict.allowed ? true : verdict.error;
  });
}

/** What of an account is nobody else's business. */
const ownAccount = rule({ cache: 'no_cache' })((user: UserType, _args: unknown, { container }: GatewayContext) => {
  if (user.id === container.viewer.userId) return true;
  const verdict = container.viewer.can('people.read');
  return verdict.allowed ? true : verdict.error;
});

/** Root field -> rule; what is not here is denied. */
export const ROOT_RULES = {
  Query: {
    '*': deny,
    viewer: signedIn,
    datacenter: signedIn,
    datacenters: signedIn,
    image: signedIn,
    images: signedIn,
    usableImages: signedIn,
    imageServer: may('imageServer.read'),
    imageRepositories: may('repository.use'),
    imageRepository: may('repository.use'),
    server: signedIn,
    servers: signedIn,
    task: signedIn,
    tasks: signedIn,
    globalSettings: may('globalSettings.read'),
    user: may('people.read'),
    users: may('people.read'),
    group: may('people.read'),
    groups: may('people.read'),
    _service: signedIn,
    _entities: signedIn,
  },
  Mutation: {
    '*': deny,
    importImage: signedIn,
    importRepositoryImage: signedIn,
    createImageFromSnapshot: signedIn,
    updateImage: signedIn,
    deleteImage: signedIn,
    attachImage: may('image.attach'),
    detachImage: may('image.detach'),
    refreshImageRepository: may('repository.use'),
    refreshImageRepositories: may('repository.use'),
    cancelTask: signedIn,
    switchDatacenter: signedIn,
    createDatacenter: may('datacenter.change'),
    updateDatacenter: may('datacenter.change'),
    deleteDatacenter: may('datacenter.change'),
    updateDatacenterSettings: may('datacenterSettings.change'),
    updateGlobalSettings: may('globalSettings.change'),
    createUser: may('people.change'),
    updateUser: may('people.change'),
    createGroup: may('people.change'),
    updateGroup: may('people.change'),
    deleteGroup: may('people.change'),
    createApiKey: may('people.change'),
    revokeApiKey: may('people.change'),
    registerServer: may('server.change'),
    updateServer: may('server.change'),
    unregisterServer: may('server.change'),
    registerSnapshot: may('server.change'),
    unregisterSnapshot: may('server.change'),
  },
  Subscription: {
    '*': deny,
    imageChanged: signedIn,
    taskChanged: signedIn,
    imageRepositoryChanged: may('repository.use'),
  },
};

/** The few object fields that are guarded by role alone, whatever way leads to them. */
const FIELD_RULES = {
  User: { email: ownAccount, isSuperAdmin: ownAccount, active: ownAccount, createdAt: ownAccount, groups: ownAccount },
  Group: { users: may('people.read') },
  Datacenter: { groups: may('people.read') },
};

/** What has to be asked before this root field is; null: it is closed. */
export function rootCheck(type: 'Query' | 'Mutation', field: string): RootCheck | null {
  const rules: Readonly<Record<string, object>> = ROOT_RULES[type];
  const found = Object.hasOwn(rules, field) ? rules[field] : undefined;
  return (found && checks.get(found)) ?? null;
}

/**
 * The schema with its doors: root fields and guarded fields ask their rule first. Only those entries are applied, as
 * shield would otherwise wrap every field of every type at the cost of a third of the throughput.
 */
export function shielded(schema: GraphQLSchema): GraphQLSchema {
  return guarded(schema, ['Query', 'Mutation', 'Subscription']);
}

/**
 * The same without the rules of `Query`, for callers that ask `rootCheck` themselves before they run anything. Mutations keep
 * theirs, as a field may change the rights with which the next one is judged.
 */
export function shieldedBelowTheRoot(schema: GraphQLSchema): GraphQLSchema {
  return guarded(schema, ['Mutation']);
}

function guarded(schema: GraphQLSchema, rootTypes: readonly string[]): GraphQLSchema {
  const generator = shield(
    { ...ROOT_RULES, ...FIELD_RULES },
    {
      allowExternalErrors: true,
      fallbackError: new AppError('FORBIDDEN', 'This field is not open to anybody.', { requires: { permissions: [], datacenter: null } }),
    },
  );
  // graphql-middleware names its own type for what a generator makes; only the listed entries are taken from it.
  const rules = generator.generate(schema) as Record<string, Record<string, unknown>>;
  const applied: Record<string, Record<string, unknown>> = {};
  for (const type of rootTypes) applied[type] = rules[type] ?? {};
  for (const [type, fields] of Object.entries(FIELD_RULES)) {
    applied[type] = Object.fromEntries(Object.keys(fields).map((field) => [field, rules[type]?.[field]]));
  }
  return renewRightsBetweenMutations(applyMiddleware(schema, applied as Parameters<typeof applyMiddleware>[1]));
}
