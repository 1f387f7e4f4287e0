import { type DocumentNode, type FragmentDefinitionNode, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql';
import { getComplexity } from 'graphql-query-complexity';
import { BoundedCache } from '../../../platform/memory/bounded-cache.js';
import { WeakMemo } from '../../../platform/memory/weak-memo.js';
import type { Sizes } from './catalogue-sizes.js';
import { createCostEstimator } from './cost-estimator.js';
import { WEIGHTS } from './cost-weights.js';

/** One unit of cost, in µs. */
export const US_PER_COST = 10;
/** Cached costs per operation: its variables rarely have more shapes that matter. */
const MAX_CACHED_COSTS = 100;
/** Deeper than any input object of the schema. */
const MAX_DEPTH = 4;

/** What an operation costs. */
export interface OperationCost {
  /** The estimate, with all scans. */
  total: number;
  /** The estimate without scans of whole tables and reads by another process, which may take much less or more. */
  withoutScans: number;
  /** Whether there are such scans, so that the actual cost is known only afterwards. */
  hasScans: boolean;
  /** The share of introspection. */
  descriptions: number;
}

interface CachedCosts {
  sizes: Sizes;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  costs: BoundedCache<string, OperationCost>;
}

/** Valid variables, as they were sent and after coercion. */
interface Variables {
  given: Record<string, unknown>;
  coerced: Readonly<Record<string, unknown>>;
}

/**
 * Describes what a cost depends on of a value, so that values of one shape share a cached cost: numbers and booleans, whether a
 * string is empty, the length of a list, and the same for the fields of an object.
 */
function shapeOf(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value === '' ? 'e' : 's';
  if (Array.isArray(value)) return `[${value.length}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (depth >= MAX_DEPTH) return '{}';
  return `{${Object.entries(value).map(([name, inner]) => `${name}:${shapeOf(inner, depth + 1)}`).join()}}`;
}

function keyOf({ variableDefinitions }: OperationDefinitionNode, variables: Record<string, unknown>): string {
  if (!variableDefinitions?.length) return '';
  return variableDefinitions.map(({ variable: { name } }) => (Object.hasOwn(variables, name.value) ? shapeOf(variables[name.value]) : '')).join();
}

/** Converts µs to cost, rounded up; at least 1. */
export function costOfMicroseconds(us: number): number {
  return Math.max(1, Math.ceil(us / US_PER_COST));
}

/** Estimates the cost of operations; caches by operation, shape of its variables and sizes of the catalogue. */
export class OperationCosts {
  readonly #cache = new WeakMemo<OperationDefinitionNode, CachedCosts>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly sizes: () => Sizes,
  ) {}

  of(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): OperationCost {
    const sizes = this.sizes();
    const before = this.#cache.get(operation);
    const cached = before?.sizes === sizes ? before : { sizes, fragments: before?.fragments ?? fragmentsOf(document), costs: new BoundedCache<string, OperationCost>({ max: MAX_CACHED_COSTS }) };
    if (cached !== before) this.#cache.set(operation, cached);
    return cached.costs.getOrCompute(keyOf(operation, variables.given), () => this.#compute(operation, cached, variables));
  }

  #compute(operation: OperationDefinitionNode, { fragments, sizes }: CachedCosts, { given, coerced }: Variables): OperationCost {
    const query: DocumentNode = { kind: Kind.DOCUMENT, definitions: [operation, ...fragments.values()] };
    const weigh = (withScans: boolean): { cost: number; descriptions: number } => {
      const { estimate, batches, descriptions } = createCostEstimator({ fragments, sizes, variables: coerced, withScans });
      const us = getComplexity({ schema: this.schema, query, variables: given, estimators: [estimate], maxQueryNodes: Infinity });
      return { cost: WEIGHTS.operation + us + batches(), descriptions: descriptions() / US_PER_COST };
    };
    const [total, withoutScans] = [weigh(true), weigh(false)];
    return { total: costOfMicroseconds(total.cost), withoutScans: costOfMicroseconds(withoutScans.cost), hasScans: total.cost > withoutScans.cost, descriptions: total.descriptions };
  }
}

function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
}
