import { createRequire } from 'node:module';
import { type DocumentNode, type ExecutionResult, type GraphQLSchema, Kind, type OperationDefinitionNode, type SelectionSetNode, visit } from 'graphql';
import type { Viewer } from '../access/viewer.js';
import { type RootCheck, rootCheck } from '../access/shield.js';
import type { DoorContext } from './admission/admission.js';
import { compileWriter } from './answer-writer.js';
import { Recent } from './recent.js';
import type { VariableValues } from './admission/variables.js';

/** Characters of all documents that are kept compiled; a plan takes some fifty times as much as its text. */
const KEPT = 512 * 1024;

const require = createRequire(import.meta.url);

/** Loaded when a query first comes again: it takes a tenth of the time of a start. */
function jit(): typeof import('graphql-jit') {
  return require('graphql-jit') as typeof import('graphql-jit');
}

type Variables = Record<string, unknown>;

/** An operation that was admitted and answered before. */
interface KnownOperation {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** False: some root field would be refused, or graphql-js alone knows what to make of the variables. */
  isOpenTo(viewer: Viewer, variables: Variables): boolean;
}

/** graphql-js runs it, over a schema without the rules of root fields: what may not run twice has one way alone. */
export interface MutationPlan extends KnownOperation {
  kind: 'mutation';
  schema: GraphQLSchema;
}

/** A query that has been compiled. */
export interface QueryPlan extends KnownOperation {
  kind: 'query';
  /** The answer; null when it has errors, which graphql-js is to find and word. */
  run(context: DoorContext, variables: Variables): Promise<NonNullable<ExecutionResult['data']> | null>;
  /** The same as JSON; `values` are the variables as resolvers get them. */
  write(context: DoorContext, variables: Variables, values: VariableValues): Promise<string | null>;
}

export type Plan = QueryPlan | MutationPlan;

/** The one operation of a document that a request means, in the words of the request. */
export interface Asked {
  text: string;
  operationName: string | null | undefined;
}

/** Names of the root fields, also those within fragments; null when one of them is about the schema itself. */
function rootFields(document: DocumentNode, operation: OperationDefinitionNode): Set<string> | null {
  const names = new Set<string>();
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const one of selections) {
      if (one.kind === Kind.FIELD) names.add(one.name.value);
      else if (one.kind === Kind.INLINE_FRAGMENT) collect(one.selectionSet);
      else {
        const fragment = document.definitions.find((each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === one.name.value);
        if (fragment?.kind === Kind.FRAGMENT_DEFINITION) collect(fragment.selectionSet);
      }
    }
  };
  collect(operation.selectionSet);
  names.delete('__typename');
  return names.has('__schema') || names.has('__type') ? null : names;
}

/** The rules of the root fields, each once; null when some field has none, and so is closed. */
function checksOf(document: DocumentNode, operation: OperationDefinitionNode): RootCheck[] | null {
  const checks = new Set<RootCheck>();
  const { operation: kind } = operation;
  if (kind === 'subscription') return null;
  const names = rootFields(document, operation);
  if (names === null) return null;
  for (const name of names) {
    const check = rootCheck(kind === 'query' ? 'Query' : 'Mutation', name);
    if (check === null) return null;
    checks.add(check);
  }
  return [...checks];
}

/** graphql-jit puts fields in the order of the document, graphql-js in the order in which those that are included come. */
function isConditional(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive: ({ name }) => {
      found ||= name.value === 'skip' || name.value === 'include';
    },
  });
  return found;
}

type Runner = QueryPlan['run'];

function runner(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Runner | null {
  // What resolvers answer for String, Int, Boolean and enums is what is sent: rows give nothing else. Other scalars are serialized.
  const { compileQuery, isCompiledQuery } = jit();
  const compiled = compileQuery(schema, document, operation.name?.value, { disableLeafSerialization: true });
  if (!isCompiledQuery(compiled)) return null;
  return async (context, variables) => {
    const { data, errors } = (await compiled.query(undefined, context, variables)) as ExecutionResult;
    return errors === undefined && data ? data : null;
  };
}

/** Null for what has to be asked of graphql-js behind its rules. */
function planOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Plan | null {
  const checks = checksOf(document, operation);
  if (checks === null) return null;
  const definitions = operation.variableDefinitions ?? [];
  const defaulted = definitions.filter((one) => one.defaultValue !== undefined).map((one) => one.variable.name.value);
  // A null in the place of a default is refused or not, depending on where it is used.
  const isOpenTo = (viewer: Viewer, variables: Variables): boolean =>
    checks.every((check) => check(viewer) === true) && defaulted.every((name) => variables[name] !== null);
  const known = { document, operation, isOpenTo };
  if (operation.operation === 'mutation') return { kind: 'mutation', schema, ...known };
  return isConditional(document) ? null : queryPlan(schema, known);
}

/** What is written needs no objects to be made first; for what cannot be, there is graphql-jit. */
function queryPlan(schema: GraphQLSchema, known: KnownOperation): QueryPlan | null {
  const { document, operation } = known;
  const writer = compileWriter(schema, document, operation);
  let made: Runner | null | undefined = writer === null ? runner(schema, document, operation) : undefined;
  if (made === null) return null;
  const run: Runner = async (context, variables) => (await (made ??= runner(schema, document, operation))?.(context, variables)) ?? null;
  return {
    kind: 'query',
    ...known,
    run,
    async write(context, variables, values) {
      if (writer !== null) return writer(context, values);
      const data = await run(context, variables);
      return data === null ? null : JSON.stringify(data);
    },
  };
}

/**
 * Operations that come again and again: queries are compiled at their second success, mutations known. Compiled or not, an
 * answer is the same: what has errors is answered by graphql-js.
 */
export class KnownOperations {
  readonly #plans = new Recent<Plan | 'seen' | 'not to be compiled'>(KEPT);

  /** `schema` leaves the rules of root fields to `Plan.isOpenTo`. */
  constructor(private readonly schema: GraphQLSchema) {}

  find({ text, operationName }: Asked): Plan | undefined {
    const plan = this.#plans.get(operationName ? `${operationName}\n${text}` : text);
    return typeof plan === 'object' ? plan : undefined;
  }

  /** Takes note of an operation that was admitted and answered without errors. */
  learn({ text, operationName }: Asked, document: DocumentNode, operation: OperationDefinitionNode): void {
    const key = operationName ? `${operationName}\n${text}` : text;
    const known = this.#plans.get(key);
    if (known === undefined) this.#plans.set(key, 'seen', text.length);
    else if (known === 'seen') this.#plans.set(key, planOf(this.schema, document, operation) ?? 'not to be compiled', text.length);
  }
}
