import { type FragmentDefinitionNode, getDirectiveValues, getNamedType, getNullableType, GraphQLIncludeDirective, GraphQLSkipDirective, isCompositeType, isListType, Kind, type SelectionNode, type SelectionSetNode } from 'graphql';
import type { ComplexityEstimator, ComplexityEstimatorArgs } from 'graphql-query-complexity';
import { DEFAULT_PAGE } from '../../../platform/database/list/page.js';
import type { SizeName, Sizes } from './catalogue-sizes.js';
import { BATCH_COUNTS, FIELD_WEIGHTS, INTROSPECTION_LENGTHS, LIST_LENGTHS, MUTATION_WEIGHT, MUTATION_WEIGHTS, SCANS, VERDICTS, WEIGHTS } from './cost-weights.js';

/** Estimated length of lists that nothing bounds or counts: tags, disks of a server, datacenters of an image. */
const SMALL_LIST = 3;
/** The highest estimate of one scan, in µs, so that the default COST_LIMIT admits it on any catalogue; the actual time is charged afterwards. */
const MAX_SCAN_US = 900_000;

/** Lists that are always read outside the event loop. */
const HEAVY_LISTS: ReadonlySet<string> = new Set(['VirtualServerConnection', 'TaskConnection']);

type Args = ComplexityEstimatorArgs['args'];

/** What an estimate depends on besides the fields of the operation. */
export interface EstimateContext {
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** The coerced variables. */
  variables: Readonly<Record<string, unknown>>;
  sizes: Sizes;
  /** False: leave out scans of whole tables and reads by another process. */
  withScans: boolean;
}

function isIncluded(node: SelectionNode, variables: Readonly<Record<string, unknown>>): boolean {
  if (!node.directives?.length) return true;
  return getDirectiveValues(GraphQLSkipDirective, node, variables)?.if !== true && getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false;
}

/** Whether the selection set has a field of this name, also within fragments. */
function selects(set: SelectionSetNode | undefined, name: string, context: EstimateContext): boolean {
  return (set?.selections ?? []).some((node) => {
    if (!isIncluded(node, context.variables)) return false;
    if (node.kind === Kind.FIELD) return node.name.value === name;
    const inner = node.kind === Kind.INLINE_FRAGMENT ? node : context.fragments.get(node.name.value);
    return selects(inner?.selectionSet, name, context);
  });
}

function pageSize({ first, last }: Args): number {
  const given: unknown = first ?? last;
  // A page that is too large is refused later; here it must not count as a small one.
  return typeof given === 'number' && given >= 0 ? given : DEFAULT_PAGE;
}

function isCondition(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}

/** Counts the conditions of a list: the fields of its `filter`, or the arguments that filter. Each of several tags counts, and each field of a `not`, of which a second level is refused. */
function conditionsOf({ filter, ...others }: Args): { conditions: number; isSearch: boolean } {
  const { tags, not, ...given }: Args = filter ?? (filter === undefined ? argumentConditions(others) : {});
  const negated = isArgs(not) ? conditionsOf({ filter: { ...not, not: null } }) : { conditions: 0, isSearch: false };
  const conditions = Object.values(given).filter(isCondition).length + (Array.isArray(tags) ? tags.length : 0);
  return { conditions: conditions + negated.conditions, isSearch: isCondition(given.search) || negated.isSearch };
}

function isArgs(value: unknown): value is Args {
  return typeof value === 'object' && value !== null;
}

/** The arguments of lists that have no filter object. */
function argumentConditions({ action, status, image, repository, user, createdAfter, createdBefore, search, active }: Args): Args {
  return { action, status, image, repository, user, createdAfter, createdBefore, search, active };
}

function sizeOf(sizes: Sizes, name: SizeName): number {
  return Math.max(1, sizes.get(name) ?? 1);
}

/** The µs of scanning a whole table for one connection. */
function scanOf(connection: string, args: Args, isCounted: boolean, sizes: Sizes): number {
  const weights = SCANS.get(connection);
  if (weights === undefined) return 0;
  const { conditions, isSearch } = conditionsOf(args);
  const filtered = conditions === 0 ? 0 : weights.filter + (conditions - 1) * weights.further + (isSearch ? weights.search : 0);
  return Math.min(MAX_SCAN_US, (sizeOf(sizes, weights.table) / 1000) * (filtered + (isCounted ? weights.count : 0)));
}

function connectionCost({ type, field, node, args, childComplexity }: ComplexityEstimatorArgs, context: EstimateContext): number {
  const name = getNamedType(field.type).name;
  const isCounted = selects(node.selectionSet, 'totalCount', context);
  // Servers, tasks and children of an image come from an index.
  const scan = context.withScans && type.name !== 'Image' ? scanOf(name, args, isCounted, context.sizes) : 0;
  const { conditions, isSearch } = conditionsOf(args);
  const isHeavy = isCounted || conditions > 0 || HEAVY_LISTS.has(name) || type.name === 'Image';
  // Whether another process does the read is known only afterwards.
  const further = context.withScans ? (isHeavy ? WEIGHTS.heavyRead : 0) + (isSearch ? WEIGHTS.search : 0) : 0;
  return WEIGHTS.statement + further + scan + pageSize(args) * (WEIGHTS.row + childComplexity);
}

function isOfPage(type: string): boolean {
  return type.endsWith('Connection') || type.endsWith('Edge') || type === 'PageInfo';
}

/** What a field costs without the fields below it. A dry run costs as much as the mutation, which it runs and rolls back. */
function ownCost(type: string, name: string, isObject: boolean): number {
  if (type === 'Subscription') return WEIGHTS.event;
  if (type === 'Mutation') return MUTATION_WEIGHTS.get(name) ?? MUTATION_WEIGHT;
  if (type === 'Query') return WEIGHTS.statement;
  return FIELD_WEIGHTS.get(`${type}.${name}`) ?? (isObject ? WEIGHTS.object : WEIGHTS.field);
}

/** Introspection reads no rows, but returns as many fields as the schema has. */
function introspectionCost({ type, field: { name }, childComplexity }: ComplexityEstimatorArgs): number {
  if (name === '__typename') return 0;
  return WEIGHTS.field + (INTROSPECTION_LENGTHS.get(`${type.name}.${name}`) ?? 1) * childComplexity;
}

/** Whether a field of `Query` returns a description of the schema. */
function isDescription({ type, field: { name } }: ComplexityEstimatorArgs): boolean {
  return type.name === 'Query' && (name === '__schema' || name === '__type' || name === '_service');
}

/** What a field costs together with all fields below it, in µs. Calls `batched` with counts that are made once for all objects of a list. */
function fieldCost(field: ComplexityEstimatorArgs, context: EstimateContext, batched: (us: number) => void): number {
  const { type, field: { name, type: of, args: defined }, args, childComplexity } = field;
  if (name.startsWith('__') || type.name.startsWith('__')) return introspectionCost(field);
  if (isOfPage(type.name)) return childComplexity;
  const key = `${type.name}.${name}`;
  const references: unknown = key === 'Query.nodes' ? args.ids : args.representations;
  if (Array.isArray(references)) return WEIGHTS.statement + references.length * (WEIGHTS.reference + childComplexity);
  if (defined.some((arg) => arg.name === 'first')) return connectionCost(field, context);
  const batch = BATCH_COUNTS.get(key);
  if (batch !== undefined && context.withScans) batched(Math.min(MAX_SCAN_US, (sizeOf(context.sizes, batch.table) / 1000) * batch.count));
  const verdicts = VERDICTS.get(key);
  if (verdicts !== undefined) {
    // How long the counts behind them take is known only afterwards.
    if (context.withScans) batched(WEIGHTS.heavyRead);
    return (Array.isArray(args.only) ? args.only.length : verdicts.actions) * (verdicts.each + WEIGHTS.item + childComplexity);
  }
  const isList = isListType(getNullableType(of));
  const isObject = isCompositeType(getNamedType(of));
  const own = ownCost(type.name, name, isObject);
  if (!isList) return own + childComplexity;
  const length = LIST_LENGTHS.get(key);
  // A list of scalars or enums is serialized as one value.
  const items = length === undefined ? SMALL_LIST : sizeOf(context.sizes, length);
  return isObject ? own + items * (WEIGHTS.item + childComplexity) : own;
}

/** Creates the estimator of one operation. Read `batches` and `descriptions` (µs of batched counts, of introspection) after it has seen all fields. */
export function createCostEstimator(context: EstimateContext): { estimate: ComplexityEstimator; batches: () => number; descriptions: () => number } {
  let batches = 0;
  let descriptions = 0;
  return {
    estimate: (field) => {
      const us = fieldCost(field, context, (batch) => (batches += batch));
      if (isDescription(field)) descriptions += us;
      return us;
    },
    batches: () => batches,
    descriptions: () => descriptions,
  };
}

