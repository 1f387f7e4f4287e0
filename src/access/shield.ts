import { createRequire } from 'node:module';
import type { GraphQLSchema } from 'graphql';
import { AppError } from '../platform/errors.js';
import { type Action, type CallerAction, isCallerAction, ROOT_ACTIONS } from './matrix.js';
import { renewRightsBetweenMutations } from './mutation-rights.js';
import type { GatewayContext } from './request-container.js';
import type { UserType } from './people/user.type.js';
import type { Viewer } from './viewer.js';

// graphql-shield's ESM build imports a function that Node has dropped, so it is loaded as CommonJS; graphql-middleware too, as it
// recognizes shield's generator only when both come from the same module system.
const require = createRequire(import.meta.url);
const { deny, rule, shield } = require('graphql-shield') as typeof import('graphql-shield'); // `require` answers any.
const { applyMiddleware } = require('graphql-middleware') as typeof import('graphql-middleware'); // likewise

type Rule = ReturnType<ReturnType<typeof rule>>;
/** True where the viewer may ask a root field, else the error to answer with. */
export type RootCheck = (viewer: Viewer) => true | Error;

/** The check behind each rule, for callers that run it once for a whole operation. */
const checks = new WeakMap<object, RootCheck>();

/** A rule that depends on the viewer alone. */
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

/** For root fields whose row of the matrix depends on a datacenter: the service decides, once it knows which, and that the caller sees it. */
const signedIn = onViewer(() => true);

/** For fields whose row of the matrix depends on the caller alone: refused before anything is read. */
function may(action: CallerAction): Rule {
  return onViewer((viewer) => {
    const verdict = viewer.can(action);
    return verdict.allowed ? true : verdict.error;
  });
}

/** For fields of an account that only its owner, and who may read people, can see. */
const ownAccount = rule({ cache: 'no_cache' })((user: UserType, _args: unknown, { container }: GatewayContext) => {
  if (user.id === container.viewer.userId) return true;
  const verdict = container.viewer.can('people.read');
  return verdict.allowed ? true : verdict.error;
});

type RootType = keyof typeof ROOT_ACTIONS;
type RootRules = Readonly<Record<string, Rule | typeof deny>>;

function rulesOf(type: RootType): RootRules {
  const rules = Object.entries<Action>(ROOT_ACTIONS[type]).map(([field, action]) => [field, isCallerAction(action) ? may(action) : signedIn] as const);
  return { ...Object.fromEntries(rules), '*': deny };
}

/** Root field -> rule; what is not here is denied. */
const ROOT_RULES: Readonly<Record<RootType, RootRules>> = {
  Query: rulesOf('Query'),
  Mutation: rulesOf('Mutation'),
  Subscription: rulesOf('Subscription'),
};

/** Object fields that a rule guards wherever the object is reached. */
export const FIELD_RULES = {
  User: { email: ownAccount, isSuperAdmin: ownAccount, active: ownAccount, createdAt: ownAccount, groups: ownAccount, apiKeys: ownAccount },
  Datacenter: { groups: may('people.read') },
};

/** The check to run before this root field; null: the field is closed. */
export function rootCheck(type: 'Query' | 'Mutation', field: string): RootCheck | null {
  const rules = ROOT_RULES[type];
  const found = Object.hasOwn(rules, field) ? rules[field] : undefined;
  return (found && checks.get(found)) ?? null;
}

/**
 * The schema whose root fields and guarded fields run their rule first. Only these are wrapped: shield would otherwise wrap every
 * field of every type, which costs a third of the throughput.
 */
export function shielded(schema: GraphQLSchema): GraphQLSchema {
  return guarded(schema, ['Query', 'Mutation', 'Subscription']);
}

/**
 * The same without the rules of `Query`, for callers that run `rootCheck` before the operation. Mutations keep theirs: a field may
 * change the rights that the next one is judged by.
 */
export function shieldedBelowTheRoot(schema: GraphQLSchema): GraphQLSchema {
  return guarded(schema, ['Mutation']);
}

function guarded(schema: GraphQLSchema, rootTypes: readonly RootType[]): GraphQLSchema {
  const generator = shield(
    { ...ROOT_RULES, ...FIELD_RULES },
    {
      allowExternalErrors: true,
      fallbackError: new AppError('FORBIDDEN', 'This field is open to nobody.', { requires: { permissions: [], datacenter: null } }),
    },
  );
  const rules = generator.generate(schema) as Record<string, Record<string, unknown>>; // shield's own type for a map of maps names no field.
  const applied: Record<string, Record<string, unknown>> = {};
  for (const type of rootTypes) applied[type] = rules[type] ?? {};
  for (const [type, fields] of Object.entries(FIELD_RULES)) {
    applied[type] = Object.fromEntries(Object.keys(fields).map((field) => [field, rules[type]?.[field]]));
  }
  return renewRightsBetweenMutations(applyMiddleware(schema, applied as Parameters<typeof applyMiddleware>[1]));
}
