import { type FragmentDefinitionNode, getDirectiveValues, getNamedType, getNullableType, GraphQLIncludeDirective, GraphQLSkipDirective, isCompositeType, isListType, Kind, type SelectionNode, type SelectionSetNode } from 'graphql';
import type { ComplexityEstimator, ComplexityEstimatorArgs } from 'graphql-query-complexity';
import { DEFAULT_PAGE } from '../../../platform/database/list/page.js';
import type { SizeName, Sizes } from './catalogue-sizes.js';
import { BATCH_COUNTS, FIELD_WEIGHTS, INTROSPECTION_LENGTHS, LIST_LENGTHS, MUTATION_WEIGHT, MUTATION_WEIGHTS, SCANS, WEIGHTS } from './cost-weights.js';

/** Items of a list that nothing bounds and nobody counts: tags, disks of one server, datacenters of one image. */
const SMALL_LIST = 3;
/** A scan of one field is estimated with no more, in µs, so that the default COST_LIMIT admits it however large the catalogue is: what it really takes is charged afterwards. */
const MAX_SCAN_US = 900_000;

/** Lists that are never read on the event loop. */
const HEAVY_LISTS: ReadonlySet<string> = new Set(['VirtualServerConnection', 'TaskConnection']);

type Args = ComplexityEstimatorArgs['args'];

/** What an operation consists of besides its fields. */
export interface EstimateContext {
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** As resolvers get them. */
  variables: Readonly<Record<string, unknown>>;
  sizes: Sizes;
  /** False: all but what goes through whole tables, or may have to be read by another process. */
  withScans: boolean;
}

function isIncluded(node: SelectionNode, variables: Readonly<Record<string, unknown>>): boolean {
  if (!node.directives?.length) return true;
  return getDirectiveValues(GraphQLSkipDirective, node, variables)?.if !== true && getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false;
}

/** Whether a field of this name is asked of the object itself, also by way of fragments. */
function selects(set: SelectionSetNode | undefined, name: string, parts: EstimateContext): boolean {
  return (set?.selections ?? []).some((node) => {
    if (!isIncluded(node, parts.variables)) return false;
    if (node.kind === Kind.FIELD) return node.name.value === name;
    const inner = node.kind === Kind.INLINE_FRAGMENT ? node : parts.fragments.get(node.name.value);
    return selects(inner?.selectionSet, name, parts);
  });
}

function pageSize({ first, last }: Args): number {
  const given: unknown = first ?? last;
  // More than a page is refused when it is read; here it must not count as little.
  return typeof given === 'number' && given >= 0 ? given : DEFAULT_PAGE;
}

function isCondition(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}

/** Conditions of a list: the parts of its filter, or what is neither a page nor a filter. Each of several tags is one. */
function conditionsOf({ filter, ...others }: Args): { conditions: number; isSearch: boolean } {
  const given: Args = (filter as Args | null | undefined) ?? (filter === undefined ? taskConditions(others) : {});
  const { tags, ...rest } = given;
  const conditions = Object.values(rest).filter(isCondition).length + (Array.isArray(tags) ? tags.length : 0);
  return { conditions, isSearch: isCondition(given.search) };
}

function taskConditions({ action, status, image }: Args): Args {
  return { action, status, image };
}

function sizeOf(sizes: Sizes, name: SizeName): number {
  return Math.max(1, sizes.get(name) ?? 1);
}

/** µs of what goes through a whole table for one connection. */
function scanOf(connection: string, args: Args, isCounted: boolean, sizes: Sizes): number {
  const weights = SCANS.get(connection);
  if (weights === undefined) return 0;
  const { conditions, isSearch } = conditionsOf(args);
  const filtered = conditions === 0 ? 0 : weights.filter + (conditions - 1) * weights.further + (isSearch ? weights.search : 0);
  return Math.min(MAX_SCAN_US, (sizeOf(sizes, weights.table) / 1000) * (filtered + (isCounted ? weights.count : 0)));
}

function connectionCost({ type, field, node, args, childComplexity }: ComplexityEstimatorArgs, parts: EstimateContext): number {
  const name = getNamedType(field.type).name;
  const isCounted = selects(node.selectionSet, 'totalCount', parts);
  // Servers and tasks of an image are found by an index.
  const scan = parts.withScans && type.name !== 'Image' ? scanOf(name, args, isCounted, parts.sizes) : 0;
  const { conditions, isSearch } = conditionsOf(args);
  const isHeavy = isCounted || conditions > 0 || HEAVY_LISTS.has(name);
  // Whether another process has to be asked is known only afterwards.
  const further = parts.withScans ? (isHeavy ? WEIGHTS.heavyRead : 0) + (isSearch ? WEIGHTS.search : 0) : 0;
  return WEIGHTS.statement + further + scan + pageSize(args) * (WEIGHTS.row + childComplexity);
}

function isOfPage(type: string): boolean {
  return type.endsWith('Connection') || type.endsWith('Edge') || type === 'PageInfo';
}

/** A dry run does all that the mutation does, and takes it back. */
function ownCost(type: string, name: string, isObject: boolean): number {
  if (type === 'Subscription') return WEIGHTS.event;
  if (type === 'Mutation') return MUTATION_WEIGHTS.get(name) ?? MUTATION_WEIGHT;
  if (type === 'Query') return WEIGHTS.statement;
  return FIELD_WEIGHTS.get(`${type}.${name}`) ?? (isObject ? WEIGHTS.object : WEIGHTS.field);
}

/** Introspection reads no rows, but answers as many fields as the schema has. */
function introspectionCost({ type, field: { name }, childComplexity }: ComplexityEstimatorArgs): number {
  if (name === '__typename') return 0;
  return WEIGHTS.field + (INTROSPECTION_LENGTHS.get(`${type.name}.${name}`) ?? 1) * childComplexity;
}

/** Whether a field of `Query` answers with a description of the schema. */
function isDescription({ type, field: { name } }: ComplexityEstimatorArgs): boolean {
  return type.name === 'Query' && (name === '__schema' || name === '__type' || name === '_service');
}

/** What a field costs with all below it, in µs. `batched` gets what is counted once for all objects of a list. */
function fieldCost(field: ComplexityEstimatorArgs, parts: EstimateContext, batched: (us: number) => void): number {
  const { type, field: { name, type: of, args: defined }, args, childComplexity } = field;
  if (name.startsWith('__') || type.name.startsWith('__')) return introspectionCost(field);
  if (isOfPage(type.name)) return childComplexity;
  const key = `${type.name}.${name}`;
  if (Array.isArray(args.representations)) return WEIGHTS.statement + args.representations.length * (WEIGHTS.reference + childComplexity);
  if (defined.some((arg) => arg.name === 'first')) return connectionCost(field, parts);
  const batch = BATCH_COUNTS.get(key);
  if (batch !== undefined && parts.withScans) batched(Math.min(MAX_SCAN_US, (sizeOf(parts.sizes, batch.table) / 1000) * batch.count));
  const isList = isListType(getNullableType(of));
  const isObject = isCompositeType(getNamedType(of));
  const own = ownCost(type.name, name, isObject);
  if (!isList) return own + childComplexity;
  const length = LIST_LENGTHS.get(key);
  // Texts and enum values of a list are written at once.
  const items = length === undefined ? SMALL_LIST : sizeOf(parts.sizes, length);
  return isObject ? own + items * (WEIGHTS.item + childComplexity) : own;
}

/** The estimator of one operation, and what its batches and its descriptions of the schema take, to be read after it has seen all fields. */
export function createCostEstimator(parts: EstimateContext): { estimate: ComplexityEstimator; batches: () => number; descriptions: () => number } {
  let batches = 0;
  let descriptions = 0;
  return {
    estimate: (field) => {
      const us = fieldCost(field, parts, (batch) => (batches += batch));
      if (isDescription(field)) descriptions += us;
      return us;
    },
    batches: () => batches,
    descriptions: () => descriptions,
  };
}

