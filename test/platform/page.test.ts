import { describe, expect, it } from 'vitest';
import type { AppError } from '../../src/platform/errors.js';
import { buildConnection, type CursorForm, type CursorKey, DEFAULT_PAGE, encodeCursor, keptRows, LARGEST_PAGE, type PageArgs, readPage } from '../../src/platform/database/list/page.js';

interface Row {
  name: string;
  id: number;
}

const BY_NAME: CursorForm = { name: 'NAME', value: 'string', id: 'number' };

const ROWS: Row[] = ['a', 'b', 'c', 'd', 'e'].map((name, index) => ({ name, id: index + 1 }));

/** What a database would answer: up to limit + 1 rows between the cursors, from the end when paging backward. */
function read(args: PageArgs) {
  const page = readPage(args, BY_NAME);
  const { after, before } = page;
  const between = ROWS.filter(({ name }) => (after === null || name > after[0]) && (before === null || name < before[0]));
  const rows = (page.backward ? between.toReversed() : between).slice(0, page.limit + 1);
  const kept = keptRows(rows, page);
  const content = { kept, nodes: kept.map((row) => row.name), more: rows.length > page.limit };
  return buildConnection(content, page, (row): CursorKey => [row.name, row.id], { totalCount: ROWS.length, withEdges: true });
}

function refusalOf(args: PageArgs, id: 'string' | 'number'): AppError | null {
  try {
    readPage(args, { ...BY_NAME, id });
    return null;
  } catch (error) {
    return error as AppError;
  }
}

/** Which arguments are named as wrong, in the order of the answer. */
function faultsOf(args: PageArgs, id: 'string' | 'number' = 'number'): string[] {
  const refusal = refusalOf(args, id);
  expect(refusal?.code).toBe('BAD_USER_INPUT');
  return ((refusal?.extensions['fields'] ?? []) as { path: string }[]).map(({ path }) => path);
}

/** Text in the form of a cursor, made of anything. */
function forged(text: string): string {
  return Buffer.from(text).toString('base64url');
}

describe('a page', () => {
  it('holds 50 from the start when nothing is asked', () => {
    expect(readPage({}, BY_NAME)).toEqual({ order: 'NAME', limit: DEFAULT_PAGE, backward: false, after: null, before: null });
    expect(readPage({ first: null, after: null, last: null, before: null }, BY_NAME).limit).toBe(50);
  });

  it('walks forward through every row once', () => {
    const seen: string[] = [];
    let page = read({ first: 2 });
    expect(page.pageInfo.hasPreviousPage).toBe(false);
    for (; page.pageInfo.hasNextPage; page = read({ first: 2, after: page.pageInfo.endCursor })) seen.push(...page.nodes);
    expect([...seen, ...page.nodes]).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(page.pageInfo.hasPreviousPage).toBe(true);
  });

  it('walks backward through every row once, each page in list order', () => {
    const seen: string[] = [];
    let page = read({ last: 2 });
    expect(page.pageInfo.hasNextPage).toBe(false);
    for (; page.pageInfo.hasPreviousPage; page = read({ last: 2, before: page.pageInfo.startCursor })) seen.unshift(...page.nodes);
    expect([...page.nodes, ...seen]).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(page.pageInfo.hasNextPage).toBe(true);
  });

  it('gives each edge the cursor that leads on from it', () => {
    const { edges, nodes, pageInfo } = read({ first: 3 });
    expect(edges.map(({ node }) => node)).toEqual(nodes);
    expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([edges[0]?.cursor, edges[2]?.cursor]);
    expect(read({ first: 1, after: edges[1]?.cursor }).nodes).toEqual(['c']);
  });

  it('may be empty, and still tells whether there is more', () => {
    const { edges, pageInfo } = read({ first: 0 });
    expect(edges).toEqual([]);
    expect(pageInfo).toEqual({ hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null });
    expect(read({ after: encodeCursor(['e', 5], 'NAME') }).pageInfo.hasNextPage).toBe(false);
  });

  it('takes the largest size, and between two cursors', () => {
    expect(readPage({ first: LARGEST_PAGE }, BY_NAME).limit).toBe(200);
    expect(read({ last: 5, after: encodeCursor(['a', 1], 'NAME'), before: encodeCursor(['e', 5], 'NAME') }).nodes).toEqual(['b', 'c', 'd']);
  });

  it('takes ids that are texts where the list has such', () => {
    const after = encodeCursor([1_700_000_000_000, 'aab9'], 'NAME');
    expect(readPage({ after }, { name: 'NAME', value: 'number', id: 'string' }).after).toEqual([1_700_000_000_000, 'aab9']);
    expect(readPage({ after }, { name: 'NAME', value: 'number', id: null }).after).toEqual([1_700_000_000_000, 'aab9']);
  });

  it('refuses sizes below 0 and above 200', () => {
    expect(faultsOf({ first: -1 })).toEqual(['first']);
    expect(faultsOf({ first: 201 })).toEqual(['first']);
    expect(faultsOf({ last: 2_147_483_647 })).toEqual(['last']);
  });

  it('refuses sizes that are no numbers, whatever they compare as', () => {
    for (const size of ['(select 1)1', '5', 1.5, Number.NaN, [5], true]) expect(faultsOf({ first: size as number })).toEqual(['first']);
  });

  it('refuses first together with last', () => {
    expect(faultsOf({ first: 1, last: 1 })).toEqual(['last']);
    expect(faultsOf({ first: 0, last: 0 })).toEqual(['last']);
  });

  it('refuses a cursor of another order with keys of the same form', () => {
    for (const order of ['ALIAS', '-NAME', 'user', '']) expect(faultsOf({ after: encodeCursor(['a', 1], order) })).toEqual(['after']);
    expect(faultsOf({ before: forged('["a",1]') })).toEqual(['before']);
  });

  it('refuses a cursor of another kind of list', () => {
    expect(faultsOf({ after: encodeCursor([5, 1], 'NAME') })).toEqual(['after']);
    expect(faultsOf({ before: encodeCursor(['a', 'b'], 'NAME') })).toEqual(['before']);
    expect(faultsOf({ before: encodeCursor(['a', 1], 'NAME') }, 'string')).toEqual(['before']);
  });

  it('names everything that is wrong at once', () => {
    expect(faultsOf({ first: -1, after: 'x', last: 500, before: 'y' })).toEqual(['first', 'last', 'after', 'before', 'last']);
  });

  it.each([
    ['nothing', ''],
    ['no base64url', '!!!'],
    ['a cursor with something behind it', `${encodeCursor(['a', 1], 'NAME')}!`],
    ['a cursor padded as base64', `${encodeCursor(['a', 1], 'NAME')}=`],
    ['another spelling of the same key', forged('[ "a",1,"NAME"]')],
    ['no JSON', forged('["a"')],
    ['an object', forged('{"length":3}')],
    ['a key too long', forged('["a",1,"NAME",2]')],
    ['null for an id', forged('["a",null,"NAME"]')],
    ['a list in place of a value', forged('[["a"],1,"NAME"]')],
    ['a fraction', forged('["a",1.5,"NAME"]')],
    ['a number beyond 2^53', forged('["a",1e300,"NAME"]')],
    ['an id that no row can have', forged('["a",2147483648,"NAME"]')],
    ['a text with a NUL, which Postgres cannot take', forged('["a\\u0000",1,"NAME"]')],
  ])('breaks on no forged cursor: %s', (_what, after) => {
    expect(faultsOf({ after })).toEqual(['after']);
  });
});
