import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { Counter, type Registry } from 'prom-client';
import type { RootCheck } from '../../access/shield.js';
import type { Viewer } from '../../access/viewer.js';
import type { OperationContext } from '../admission/admission.js';
import { countSelections } from '../admission/rules/document-limits.js';
import { compileQuery, type CompiledQuery, type Data, withoutArguments } from './compile-query.js';
import { OperationCache } from './operation-cache.js';
import { isConditional, rootChecks } from './root-checks.js';

/** How a request names its operation. */
export interface OperationName {
  source: string;
  operationName: string | null | undefined;
}

/** An operation that Apollo Server has parsed, validated, admitted and answered before. */
export interface CachedOperation {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** What the root fields ask of a viewer. */
  checks: readonly RootCheck[];
  /** Null for a mutation, which graphql-js executes. */
  query: CompiledQuery | null;
}

const MIB = 1024 * 1024;
/** Measured after 20 runs: the compiled code of a field or fragment, and the parsed document. */
const BYTES_PER_SELECTION = 3000;
const BYTES_PER_CHARACTER = 80;
/** Compiling takes some 0.05 ms for each field and fragment, during which nobody else is answered. */
const MAX_SELECTIONS = 400;
/** What stands for an operation that was seen once only. */
const SEEN_BYTES = 200;
const BOUNDS = { maxBytes: 32 * MIB, maxBytesPerUser: 8 * MIB };

/**
 * Queries that come again, compiled by graphql-jit at their second success. An answer is the same as that of graphql-js: what
 * would have errors is left to it. docs/decisions/compiled-operations.md says what this buys, and how it is switched off.
 */
export class CompiledOperations {
  readonly #cache = new OperationCache<CachedOperation | 'seen' | 'not to be compiled'>(BOUNDS);
  readonly #answered: Counter;
  #compilable: GraphQLSchema | null = null;

  /** `schema` has no rules of root fields: they are asked here, once for each operation. */
  constructor(
    private readonly schema: GraphQLSchema,
    private readonly isOn: boolean,
    registry: Registry,
  ) {
    this.#answered = new Counter({ name: 'gateway_compiled_queries_total', help: 'Queries that compiled code answered.', registers: [registry] });
  }

  /** The operation, if it was answered twice before. */
  find(name: OperationName): CachedOperation | undefined {
    const known = this.#cache.get(keyOf(name));
    return typeof known === 'object' ? known : undefined;
  }

  /** The data of a query that was admitted in this context; null for everything that graphql-js is to answer. Throws what a resolver may not throw. */
  async tryExecute(name: OperationName, context: OperationContext): Promise<Data | null> {
    const known = this.find(name);
    return known === undefined ? null : this.execute(known, context);
  }

  /** The same for an operation that was found before. */
  async execute(known: CachedOperation, context: OperationContext): Promise<Data | null> {
    if (known.query === null || !isOpenTo(known, context.container.viewer)) return null;
    const data = await known.query.execute(context);
    if (data !== null) this.#answered.inc();
    return data;
  }

  /** Takes note of an operation that was admitted and answered without errors. */
  record(name: OperationName, document: DocumentNode, operation: OperationDefinitionNode, username: string): void {
    if (!this.isOn) return;
    const key = keyOf(name);
    const known = this.#cache.get(key);
    if (known === undefined) this.#cache.set(key, 'seen', SEEN_BYTES + key.length, username);
    if (known !== 'seen') return;
    const made = this.#known(document, operation);
    const bytes = SEEN_BYTES + key.length + (made === null ? 0 : bytesOf(made, name.source));
    this.#cache.set(key, made ?? 'not to be compiled', bytes, username);
  }

  #known(document: DocumentNode, operation: OperationDefinitionNode): CachedOperation | null {
    const checks = rootChecks(document, operation);
    if (checks === null) return null;
    if (operation.operation === 'mutation') return { document, operation, checks, query: null };
    // graphql-jit orders fields as in the document, graphql-js as those that are included come.
    if (isConditional(document) || countSelections(document, operation) > MAX_SELECTIONS) return null;
    const query = compileQuery((this.#compilable ??= withoutArguments(this.schema)), document, operation);
    return query === null ? null : { document, operation, checks, query };
  }
}

/** Whether no root field refuses this viewer. */
export function isOpenTo({ checks }: CachedOperation, viewer: Viewer): boolean {
  return checks.every((check) => check(viewer) === true);
}

function bytesOf({ document, operation, query }: CachedOperation, source: string): number {
  return BYTES_PER_SELECTION * (query === null ? 0 : countSelections(document, operation)) + BYTES_PER_CHARACTER * source.length;
}

/** An operation name of no characters names no operation, and is not the same as none. */
function keyOf({ source, operationName }: OperationName): string {
  return operationName === null || operationName === undefined ? source : `${operationName}\n${source}`;
}
