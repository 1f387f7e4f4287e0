import { ArgsType, Directive, Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { enumOf } from '../../graphql/enum-of.js';
import { badInput, type FieldError } from '../../errors.js';
import { LARGEST_ID } from '../tables.js';

export const DEFAULT_PAGE = 50;
export const LARGEST_PAGE = 200;

const ORDER_DIRECTIONS = ['ASC', 'DESC'] as const;
export type OrderDirection = (typeof ORDER_DIRECTIONS)[number];
export const OrderDirectionEnum = enumOf(ORDER_DIRECTIONS);
registerEnumType(OrderDirectionEnum, {
  name: 'OrderDirection',
  description: 'Which end of an order comes first.',
  valuesConfig: {
    ASC: { description: 'Smallest, earliest or first in the alphabet first.' },
    DESC: { description: 'Largest, latest or last in the alphabet first.' },
  },
});

/** Arguments of a Relay connection, as the caller gave them. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, { nullable: true, description: `How many from the start of the list, or after \`after\`: 0 to ${LARGEST_PAGE}; ${DEFAULT_PAGE} when neither \`first\` nor \`last\` is given.` })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Cursor: only what comes after it.' })
  after?: string | null;

  @Field(() => Int, { nullable: true, description: `How many from the end of the list, or before \`before\`: 0 to ${LARGEST_PAGE}; not together with \`first\`.` })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Cursor: only what comes before it.' })
  before?: string | null;
}

@ObjectType('PageInfo', { simpleResolvers: true, description: 'Where a page stands in its list.' })
@Directive('@shareable')
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether the list goes on after this page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether the list has something before this page.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first item; null for an empty page.' })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last item; null for an empty page.' })
  endCursor!: string | null;
}

/** The sort key of a row: the value of the order, then the id, which makes the order total. */
export type CursorKey = readonly [value: string | number, id: string | number];

export interface PageRequest {
  /** The `name` of the list's order, which is in each of its cursors. */
  order: string;
  limit: number;
  /** `backward` reads from the end of the list. */
  backward: boolean;
  /** Exclusive bounds of the list in its own direction. */
  after: CursorKey | null;
  before: CursorKey | null;
}

export interface Edge<T> {
  cursor: string;
  node: T;
}

export interface Connection<T> {
  /** Empty unless selected. */
  edges: Edge<T>[];
  nodes: T[];
  pageInfo: PageInfo;
  /** NaN unless selected. */
  totalCount: number;
}

/** The cursor of a row in the order of that name. */
export function encodeCursor(key: CursorKey, order: string): string {
  return Buffer.from(JSON.stringify([...key, order])).toString('base64url');
}

type KeyKind = 'string' | 'number';

/** What the cursors of a list hold. */
export interface CursorForm {
  /** Tells the order from all others whose keys have the same form: where its cursor stands is no place in theirs. */
  name: string;
  value: KeyKind;
  /** Null: either kind of id may come back. */
  id: KeyKind | null;
}

/** The name of the order by a column, for cursors. */
export function orderName(column: string, direction: OrderDirection): string {
  return direction === 'ASC' ? column : `-${column}`;
}

/** Refuses values that a database cannot compare: fractions, numbers beyond 2^53, and texts with NUL or lone surrogates. */
function isKeyPart(value: unknown): value is string | number {
  return typeof value === 'string' ? !value.includes('\0') && value.isWellFormed() : Number.isSafeInteger(value);
}

/** Null for every text that `encodeCursor` did not make from a key of these kinds, in this order. */
function decodeCursor(cursor: string, { name, value, id }: CursorForm): CursorKey | null {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(key) || key.length !== 3 || !key.every(isKeyPart)) return null;
    const [at, row] = key as [string | number, string | number, string | number];
    if (typeof at !== value || (id !== null && typeof row !== id)) return null;
    if (typeof row === 'number' && Math.abs(row) > LARGEST_ID) return null;
    return encodeCursor([at, row], name) === cursor ? [at, row] : null;
  } catch {
    return null;
  }
}

/** Checks the paging arguments of a list with such cursors. All faults at once, as BAD_USER_INPUT. */
export function readPage(args: PageArgs, form: CursorForm): PageRequest {
  const faults: FieldError[] = [];
  const size = (path: 'first' | 'last'): number | null => {
    const given = args[path] ?? null;
    // A comparison alone would let everything pass that is no number.
    if (given !== null && !(Number.isSafeInteger(given) && given >= 0 && given <= LARGEST_PAGE)) {
      faults.push({ path, code: 'OUT_OF_RANGE', message: `${String(given).slice(0, 200)} is not a page size; 0 to ${LARGEST_PAGE} are.`, params: { value: given, min: 0, max: LARGEST_PAGE } });
    }
    return given;
  };
  const key = (path: 'after' | 'before'): CursorKey | null => {
    const given = args[path] ?? null;
    const decoded = given === null ? null : decodeCursor(given, form);
    if (given !== null && decoded === null) {
      faults.push({ path, code: 'INVALID_FORMAT', message: 'This is not a cursor of this list; take one from a page in the same order.' });
    }
    return decoded;
  };
  const [first, last, after, before] = [size('first'), size('last'), key('after'), key('before')];
  if (first !== null && last !== null) faults.push({ path: 'last', code: 'EXCLUSIVE', message: 'Give first or last, not both.', params: { other: 'first' } });
  if (faults.length > 0) throw badInput(faults);
  return { order: form.name, limit: first ?? last ?? DEFAULT_PAGE, backward: last !== null, after, before };
}

/**
 * Of up to `limit + 1` rows, in list order reversed when paging backward, those of the page in list order: the extra row
 * only tells that there is more.
 */
export function keptRows<R>(rows: readonly R[], page: PageRequest): R[] {
  const kept = rows.slice(0, page.limit);
  return page.backward ? kept.toReversed() : kept;
}

/** Builds a page from its rows and their items. Without edges, it encodes only the two cursors of `pageInfo`. */
export function buildConnection<R, T>(
  { kept, nodes, more }: { kept: readonly R[]; nodes: T[]; more: boolean },
  page: PageRequest,
  keyOf: (row: R) => CursorKey,
  asked: { totalCount: number; withEdges: boolean },
): Connection<T> {
  const cursorOf = (row: R | undefined): string | null => (row === undefined ? null : encodeCursor(keyOf(row), page.order));
  const pageInfo = {
    hasNextPage: page.backward ? page.before !== null : more,
    hasPreviousPage: page.backward ? more : page.after !== null,
    startCursor: cursorOf(kept[0]),
    endCursor: cursorOf(kept.at(-1)),
  };
  const edges = asked.withEdges ? kept.map((row, at) => ({ cursor: encodeCursor(keyOf(row), page.order), node: nodes[at] as T })) : [];
  return { edges, nodes, pageInfo, totalCount: asked.totalCount };
}

type ClassOf<T> = abstract new () => T;

/** The Relay types of a list: `<name>Edge`, and `<name>Connection`, which is the class answered. */
export function connectionType<T extends object>(name: string, node: () => ClassOf<T>, description: string): new () => Connection<T> {
  @ObjectType(`${name}Edge`, { simpleResolvers: true, description: `One item of a ${name}Connection and where it stands.` })
  class EdgeType {
    @Field(() => String, { description: 'Opaque place in the list, for `after` and `before`; stays good while rows come and go.' })
    cursor!: string;

    @Field(node, { description: 'The item.' })
    node!: T;
  }

  @ObjectType(`${name}Connection`, { simpleResolvers: true, description })
  class ConnectionType {
    @Field(() => [EdgeType], { description: 'The items with their cursors.' })
    edges!: EdgeType[];

    @Field(() => [node()], { description: 'The items alone.' })
    nodes!: T[];

    @Field(() => PageInfo, { description: 'Whether there is more, and the cursors to go on from.' })
    pageInfo!: PageInfo;

    @Field(() => Int, { description: 'How many items all pages hold together; costs a query, so select it only when needed.' })
    totalCount!: number;
  }
  return ConnectionType;
}
