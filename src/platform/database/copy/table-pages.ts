import { createHash } from 'node:crypto';
import type { SqlEntityManager } from '../database.js';
import { throughKysely } from '../read/read-rows.js';
import { joinTexts, type SqlText, sqlInteger, sqlName, sqlNames, sqlText, sqlValues } from '../sql-text.js';
import type { ColumnKind, CopiedTable } from './copied-tables.js';

/** A value in the form in which both databases have it. */
export type CopiedValue = string | number | boolean | null;

const MOST_ROWS = 500;
const FEWEST_ROWS = 8;
/** Manifests may have a mebibyte each: pages get smaller where rows are long. */
const PAGE_BYTES = 4 * 1024 * 1024;
const DIGEST_BITS = 128n;

/** Reads a table page after page in the order of its key, so that memory stays bounded. Run it in a transaction: then all pages show one state. */
export async function* tablePages(em: SqlEntityManager, table: CopiedTable): AsyncGenerator<CopiedValue[][]> {
  const all = sqlText`select ${sqlNames(table.columns.map(({ name }) => name))} from ${sqlName(table.name)}`;
  const order = sqlText`order by ${sqlNames(table.keys)}`;
  let last: CopiedValue[] | null = null;
  for (let limit = FEWEST_ROWS; ; ) {
    const after: SqlText = last === null ? sqlText`` : sqlText`where (${sqlNames(table.keys)}) > (${sqlValues(keyOf(table, last))})`;
    const { rows } = await throughKysely(em, sqlText`${all} ${after} ${order} limit ${sqlInteger(limit, { max: MOST_ROWS })}`);
    // The values of a row are in the order of the columns that were asked for.
    const page = rows.map((row) => Object.values(row).map((value: unknown, at) => copiedValue(value, table.columns.at(at)?.kind ?? 'text')));
    if (page.length > 0) yield page;
    last = page.at(-1) ?? null;
    if (page.length < limit || last === null) return;
    limit = rowsOfNextPage(page);
  }
}

function keyOf({ columns, keys }: CopiedTable, row: readonly CopiedValue[]): (string | number)[] {
  return keys.map((key) => {
    const value = row.at(columns.findIndex(({ name }) => name === key));
    if (typeof value === 'string' || typeof value === 'number') return value;
    throw new Error(`The key ${key} has no value.`);
  });
}

function rowsOfNextPage(page: readonly CopiedValue[][]): number {
  const bytes = page.reduce((sum, row) => sum + lengthOf(row), 0) / page.length;
  return Math.max(FEWEST_ROWS, Math.min(MOST_ROWS, Math.floor(PAGE_BYTES / Math.max(1, bytes))));
}

function lengthOf(row: readonly CopiedValue[]): number {
  return row.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0);
}

/** Postgres has big integers as text, and SQLite truth values as 0 and 1. */
function copiedValue(value: unknown, kind: ColumnKind): CopiedValue {
  if (value === null || value === undefined) return null;
  if (kind === 'flag') return value === true || value === 1;
  if (kind === 'text') return String(value);
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new RangeError(`The number ${String(value).slice(0, 200)} is too large to be copied.`);
}

/** Counts and hashes rows in any order: the databases sort texts differently. */
export class TableDigest {
  #rows = 0;
  #sum = 0n;

  add(page: readonly CopiedValue[][]): void {
    for (const row of page) {
      const hash = createHash('sha256').update(JSON.stringify(row)).digest('hex').slice(0, Number(DIGEST_BITS) / 4);
      this.#sum = BigInt.asUintN(Number(DIGEST_BITS), this.#sum + BigInt(`0x${hash}`));
    }
    this.#rows += page.length;
  }

  get rows(): number {
    return this.#rows;
  }

  get hash(): string {
    return this.#sum.toString(16).padStart(Number(DIGEST_BITS) / 4, '0');
  }
}

/** Parameters of one statement: both databases take more. */
const MOST_VALUES = 8000;

/** Inserts a page by as few statements as the number of their parameters allows. */
export async function insertPage(tx: SqlEntityManager, table: CopiedTable, page: readonly CopiedValue[][], asParameter: (value: CopiedValue) => string | number | null): Promise<void> {
  const atOnce = Math.max(1, Math.floor(MOST_VALUES / table.columns.length));
  const into = sqlText`insert into ${sqlName(table.name)} (${sqlNames(table.columns.map(({ name }) => name))}) values `;
  for (let at = 0; at < page.length; at += atOnce) {
    const rows = page.slice(at, at + atOnce).map((row) => sqlText`(${sqlValues(row.map(asParameter))})`);
    await throughKysely(tx, sqlText`${into}${joinTexts(rows, ', ')}`);
  }
}

/** SQLite has truth values as 0 and 1; Postgres reads them as words. */
export const AS_PARAMETER = {
  sqlite: (value: CopiedValue) => (typeof value === 'boolean' ? Number(value) : value),
  postgres: (value: CopiedValue) => (typeof value === 'boolean' ? String(value) : value),
} as const;
