import { type DocumentNode, type GraphQLSchema, isListType, isNonNullType, Kind, type OperationDefinitionNode, visit } from 'graphql';
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity';
import { DEFAULT_PAGE, LARGEST_PAGE } from '../../platform/page.js';

/** How many items a list without paging is taken for: groups, tags, disks of one thing. */
const SMALL_LIST = 5;
/** How many costs are remembered of one document; its variables rarely take more values that matter. */
const REMEMBERED = 100;

function pageSize(args: Record<string, unknown>): number {
  const given = args.first ?? args.last;
  // More than a page is refused when it is read; here it must not count as little.
  return typeof given === 'number' && given >= 0 ? Math.min(given, 100 * LARGEST_PAGE) : DEFAULT_PAGE;
}

/** One per field; below a connection times its page, below another list times a handful, below `_entities` times its references. */
const estimate: ComplexityEstimator = ({ type, field, args, childComplexity }) => {
  if (type.name.startsWith('__') || field.name.startsWith('__')) return 0;
  if (Array.isArray(args.representations)) return 1 + args.representations.length * childComplexity;
  if (field.args.some((arg) => arg.name === 'first')) return 1 + Math.max(1, pageSize(args)) * childComplexity;
  const shown = isNonNullType(field.type) ? field.type.ofType : field.type;
  // The page was counted at the connection.
  const isPage = type.name.endsWith('Connection');
  return isListType(shown) && !isPage ? 1 + SMALL_LIST * childComplexity : 1 + childComplexity;
};

interface Remembered {
  /** Variables that the cost depends on. */
  names: readonly string[];
  costs: Map<string, number>;
}

function variablesThatMatter(operation: OperationDefinitionNode, document: DocumentNode): string[] {
  const names = new Set<string>();
  const collect = { Variable: ({ name }: { name: { value: string } }) => void names.add(name.value) };
  visit(document, {
    VariableDefinition: () => false,
    Argument: (argument) => {
      if (['first', 'last', 'representations'].includes(argument.name.value)) visit(argument.value, collect);
    },
    Directive: (directive) => void visit(directive, collect),
  });
  const defined = new Set((operation.variableDefinitions ?? []).map((definition) => definition.variable.name.value));
  return [...names].filter((name) => defined.has(name));
}

/** Lists count by their length alone, so that a thousand references do not make a key of their own. A null is not nothing: it takes no default. */
function keyOf(names: readonly string[], variables: Record<string, unknown>): string {
  if (names.length === 0) return '';
  return JSON.stringify(names.map((name) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value === undefined) return [];
    return Array.isArray(value) ? value.length : [value];
  }));
}

/** What operations cost, in fields that may be resolved; computed once per operation and values of its page sizes. */
export class Costs {
  readonly #known = new WeakMap<OperationDefinitionNode, Remembered>();

  constructor(private readonly schema: GraphQLSchema) {}

  /** Variables must have been found good before. */
  of(document: DocumentNode, operation: OperationDefinitionNode, variables: Record<string, unknown>): number {
    let known = this.#known.get(operation);
    if (known === undefined) this.#known.set(operation, (known = { names: variablesThatMatter(operation, document), costs: new Map() }));
    const key = keyOf(known.names, variables);
    let cost = known.costs.get(key);
    if (cost === undefined) {
      cost = this.#compute(document, operation, variables);
      if (known.costs.size >= REMEMBERED) known.costs.clear();
      known.costs.set(key, cost);
    }
    return cost;
  }

  #compute(document: DocumentNode, operation: OperationDefinitionNode, variables: Record<string, unknown>): number {
    const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
    const query: DocumentNode = { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] };
    return getComplexity({ schema: this.schema, query, variables, estimators: [estimate], maxQueryNodes: Infinity });
  }
}
