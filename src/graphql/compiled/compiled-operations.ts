import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { Counter, type Registry } from 'prom-client';
import type { RootCheck } from '../../access/shield.js';
import type { Viewer } from '../../access/viewer.js';
import type { OperationContext } from '../admission/admission.js';
import { countSelections } from '../admission/rules/document-limits.js';
import { compileQuery, type CompiledQuery, type Data, withoutArguments } from './compile-query.js';
import { OperationCache } from './operation-cache.js';
import { isConditional, rootChecks } from './root-checks.js';

/** The document and operation name of a request. */
export interface OperationName {
  source: string;
  operationName: string | null | undefined;
}

/** An operation that Apollo Server has parsed, validated, admitted and answered without errors. */
export interface CachedOperation {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** The access rules of its root fields. */
  checks: readonly RootCheck[];
  /** Null for a mutation: graphql-js executes it. */
  query: CompiledQuery | null;
}

const MIB = 1024 * 1024;
/** Memory measured after 20 runs: of the compiled code per field or fragment, and of the parsed document per character. */
const BYTES_PER_SELECTION = 3000;
const BYTES_PER_CHARACTER = 80;
/** A larger operation is not compiled: compiling blocks the event loop for about 0.05 ms per field or fragment. */
const MAX_SELECTIONS = 400;
/** Memory of the cache entry itself. */
const ENTRY_BYTES = 200;
const BOUNDS = { maxBytes: 32 * MIB, maxBytesPerUser: 8 * MIB };

/**
 * Compiles queries with graphql-jit at their second success, and executes them. Data is the same as from graphql-js, which executes
 * whatever has errors. docs/decisions/compiled-operations.md says what this saves and how to turn it off.
 */
export class CompiledOperations {
  readonly #cache = new OperationCache<CachedOperation | 'seen' | 'not compilable'>(BOUNDS);
  readonly #answered: Counter;
  #compilable: GraphQLSchema | null = null;

  /** `schema` has no access rules on root fields: this class checks them, once per operation. */
  constructor(
    private readonly schema: GraphQLSchema,
    private readonly isOn: boolean,
    registry: Registry,
  ) {
    this.#answered = new Counter({ name: 'gateway_compiled_queries_total', help: 'Queries that compiled code answered.', registers: [registry] });
  }

  /** Looks up an operation that was answered at least twice. */
  find(name: OperationName): CachedOperation | undefined {
    const cached = this.#cache.get(keyOf(name));
    return typeof cached === 'object' ? cached : undefined;
  }

  /** Executes a query that was admitted in this context. Returns null for what graphql-js must execute; throws on a fault of the compiled code. */
  async tryExecute(name: OperationName, context: OperationContext): Promise<Data | null> {
    const cached = this.find(name);
    return cached === undefined ? null : this.execute(cached, context);
  }

  /** Executes an operation from `find` in the same way. */
  async execute(cached: CachedOperation, context: OperationContext): Promise<Data | null> {
    if (cached.query === null || !isOpenTo(cached, context.container.viewer)) return null;
    const data = await cached.query.execute(context);
    if (data !== null) this.#answered.inc();
    return data;
  }

  /** Records an operation that was admitted and answered without errors; compiles it the second time. */
  record(name: OperationName, document: DocumentNode, operation: OperationDefinitionNode, username: string): void {
    if (!this.isOn) return;
    const key = keyOf(name);
    const cached = this.#cache.get(key);
    if (cached === undefined) this.#cache.set(key, 'seen', ENTRY_BYTES + key.length, username);
    if (cached !== 'seen') return;
    const compiled = this.#compile(document, operation);
    const bytes = ENTRY_BYTES + key.length + (compiled === null ? 0 : bytesOf(compiled, name.source));
    this.#cache.set(key, compiled ?? 'not compilable', bytes, username);
  }

  #compile(document: DocumentNode, operation: OperationDefinitionNode): CachedOperation | null {
    const checks = rootChecks(document, operation);
    if (checks === null) return null;
    if (operation.operation === 'mutation') return { document, operation, checks, query: null };
    // With @skip and @include, graphql-jit may order fields differently than graphql-js.
    if (isConditional(document) || countSelections(document, operation) > MAX_SELECTIONS) return null;
    const query = compileQuery((this.#compilable ??= withoutArguments(this.schema)), document, operation);
    return query === null ? null : { document, operation, checks, query };
  }
}

/** Whether every root field admits this viewer. */
export function isOpenTo({ checks }: CachedOperation, viewer: Viewer): boolean {
  return checks.every((check) => check(viewer) === true);
}

function bytesOf({ document, operation, query }: CachedOperation, source: string): number {
  return BYTES_PER_SELECTION * (query === null ? 0 : countSelections(document, operation)) + BYTES_PER_CHARACTER * source.length;
}

/** Keeps an empty operation name, which names no operation, apart from an absent one. */
function keyOf({ source, operationName }: OperationName): string {
  return operationName === null || operationName === undefined ? source : `${operationName}\n${source}`;
}
