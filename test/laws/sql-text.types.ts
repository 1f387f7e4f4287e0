// Compiled by `npm run check`, and never run: what must not become the text of a statement does not compile. Each line below
// is an error, and the check fails as soon as one of them is none.
import type { Column } from '../../src/platform/database/columns.js';
import { oneOf } from '../../src/platform/database/list/conditions.js';
import { amongIds, readRows } from '../../src/platform/database/read/read-rows.js';
import type { SqlEntityManager } from '../../src/platform/database/database.js';
import type { KeysetOrder } from '../../src/platform/database/list/keyset.js';
import { joinTexts, sqlConstant, type SqlText, sqlText } from '../../src/platform/database/sql-text.js';

declare const em: SqlEntityManager;
declare const callers: string;
declare const beginning: `name${string}`;
declare const oneOrPattern: 'name' | `name${string}`;
declare const digits: `${number}`;
declare const upper: Uppercase<string>;
declare const branded: string & { readonly brand: 'name' };
declare const parsed: ReturnType<typeof JSON.parse>;
declare const table: 'image' | 'repository_image';
declare const column: Column;

/** What the source code spells out, letter by letter, is a constant. */
export const constants: readonly SqlText[] = [sqlConstant('i.name'), sqlConstant(table), sqlConstant(`${table}_search`), sqlConstant(column), sqlText`i.name`];

/** Everything else is none. */
export function refused(): void {
  // @ts-expect-error
  sqlConstant(callers);
  // @ts-expect-error
  sqlConstant(beginning);
  // @ts-expect-error
  sqlConstant(oneOrPattern);
  // @ts-expect-error
  sqlConstant(digits);
  // @ts-expect-error
  sqlConstant(upper);
  // @ts-expect-error
  sqlConstant(branded);
  // @ts-expect-error
  sqlConstant(parsed);
  // @ts-expect-error
  sqlConstant(`i.${callers}`);
  // @ts-expect-error
  sqlConstant('i.' + callers);
  // @ts-expect-error
  sqlConstant<string>('i.name');
  // @ts-expect-error
  oneOf(callers, [1]);
  // @ts-expect-error
  amongIds(em, `i.${callers}`, [1]);
  // @ts-expect-error
  joinTexts([sqlText`a`], callers);
}

// @ts-expect-error
export const order: KeysetOrder = { column: callers, id: 'i.id', direction: 'ASC' };
// @ts-expect-error
export const alike: SqlText = { text: callers, values: [], isSqlText: true };
// @ts-expect-error
export const object = sqlText`select ${{ toOperationNode: () => callers }}`;
// @ts-expect-error
export const nothing = sqlText`select ${undefined}`;
// @ts-expect-error
export const truth = sqlText`select ${true}`;
// @ts-expect-error
export const text = readRows(em, callers);
