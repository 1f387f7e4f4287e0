import { GraphQLError } from 'graphql';

/** How a list of the graph is cut, sorted and filtered, in memory. */
export interface PageArguments {
  first?: number | null;
  last?: number | null;
}

export interface OrderArgument<Field extends string> {
  field: Field;
  direction: 'ASC' | 'DESC';
}

const DEFAULT_PAGE = 50;

/** The error that the graph answers with, of which only the code is a matter of rules. */
export function refuse(code: string): never {
  throw new GraphQLError(code, { extensions: { code } });
}

/** Of two keys, exactly one is given. */
export function demandOne(one: unknown, other: unknown): true {
  return (one === undefined) !== (other === undefined) || refuse('BAD_USER_INPUT');
}

/** A page from either end of the whole list; what lies in the middle is reached by cursors, which only the gateway makes. */
export function connection<T>(rows: readonly T[], { first, last }: PageArguments, show: (row: T) => unknown): object {
  if (typeof first === 'number' && typeof last === 'number') refuse('BAD_USER_INPUT');
  const limit = first ?? last ?? DEFAULT_PAGE;
  const isBackward = typeof last === 'number';
  const kept = isBackward ? rows.slice(Math.max(0, rows.length - limit)) : rows.slice(0, limit);
  const more = rows.length > limit;
  return {
    nodes: () => kept.map(show),
    edges: () => kept.map((row) => ({ node: () => show(row) })),
    pageInfo: { hasNextPage: !isBackward && more, hasPreviousPage: isBackward && more },
    totalCount: rows.length,
  };
}

function compare(a: string | number, b: string | number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** By a key, those with the same key in the order in which they were made; from the other end for DESC. */
export function ordered<T>(rows: readonly T[], key: (row: T) => string | number, direction: 'ASC' | 'DESC'): T[] {
  const sorted = rows.map((row, at) => ({ row, at, key: key(row) })).sort((a, b) => compare(a.key, b.key) || a.at - b.at);
  return (direction === 'DESC' ? sorted.toReversed() : sorted).map(({ row }) => row);
}

/** True for every value when nothing is asked for. */
export function isAmong<T>(wanted: readonly T[] | null | undefined, value: T): boolean {
  return wanted === null || wanted === undefined || wanted.length === 0 || wanted.includes(value);
}

export function isWanted<T>(wanted: T | null | undefined, value: T): boolean {
  return wanted === null || wanted === undefined || wanted === value;
}

/** Whether a text contains another one; upper and lower case are the same, and nothing to search for is in every text. */
export function contains(text: string, search: string | null | undefined): boolean {
  return text.toLowerCase().includes((search ?? '').toLowerCase());
}
