import { type DocumentNode, type FragmentDefinitionNode, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql';
import { getComplexity } from 'graphql-query-complexity';
import type { Sizes } from './catalogue-sizes.js';
import { createCostEstimator } from './cost-estimator.js';
import { WEIGHTS } from './cost-weights.js';

/** The unit of cost. */
export const US_PER_COST = 10;
/** How many costs are remembered of one document; its variables rarely take more values that matter. */
const MAX_CACHED_COSTS = 100;
/** Deeper than any input object of ours. */
const MAX_DEPTH = 4;

/** What an operation costs. */
export interface OperationCost {
  /** With everything that it may take. */
  total: number;
  /** Without what goes through whole tables or is read by another process, which may take much less, or more when they have grown. */
  withoutScans: number;
  /** Whether there is any of that, so that the cost is known only afterwards. */
  hasScans: boolean;
  /** What describing the schema takes of it. */
  descriptions: number;
}

interface CachedCosts {
  sizes: Sizes;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  costs: Map<string, OperationCost>;
}

/** Variables as they were sent, and as resolvers get them: they were found good before. */
interface Variables {
  given: Record<string, unknown>;
  coerced: Readonly<Record<string, unknown>>;
}

/**
 * What of a value a cost depends on, so that another text or another thousand references need no other entry: numbers and
 * truth values, whether a text is empty, how long a list is, and the same of the fields of an object.
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

export function costOfMicroseconds(us: number): number {
  return Math.max(1, Math.ceil(us / US_PER_COST));
}

/** What operations cost; computed once per operation, shape of its variables and size of the catalogue. */
export class OperationCosts {
  readonly #known = new WeakMap<OperationDefinitionNode, CachedCosts>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly sizes: () => Sizes,
  ) {}

  of(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): OperationCost {
    const sizes = this.sizes();
    let known = this.#known.get(operation);
    if (known === undefined || known.sizes !== sizes) {
      known = { sizes, fragments: known?.fragments ?? fragmentsOf(document), costs: new Map() };
      this.#known.set(operation, known);
    }
    const key = keyOf(operation, variables.given);
    let cost = known.costs.get(key);
    if (cost === undefined) {
      cost = this.#compute(operation, known, variables);
      if (known.costs.size >= MAX_CACHED_COSTS) known.costs.clear();
      known.costs.set(key, cost);
    }
    return cost;
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
