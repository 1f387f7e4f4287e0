/** What a parameter of a statement can be; a list is one parameter, of Postgres only. SQLite has no booleans. */
export type SqlValue = string | number | bigint | null | Uint8Array | readonly (string | number)[];

/**
 * A statement, or a piece of one, as text with `?` for each value: put together by joining strings, so that a statement
 * that is asked a thousand times a second costs no tree of nodes each time. A `?` never stands for itself in it.
 *
 * Its text comes from the source code alone: the class stays in this file, the functions below are the only ones that make
 * one, and a protected member keeps every other object from being taken for one.
 */
class SqlText {
  protected declare readonly isSqlText: true;

  constructor(
    readonly text: string,
    readonly values: readonly SqlValue[],
  ) {}
}
export type { SqlText };

/** For what hands statements to a driver: throws for everything that was not made here, whatever its type says it is. */
export function requireSqlText(statement: SqlText): void {
  if (!(statement instanceof SqlText)) throw new TypeError('A statement must be an SqlText; its text was made elsewhere.');
}

/** Tag: a value becomes a parameter, a piece of a statement is put in as it is. */
export function sqlText(strings: TemplateStringsArray, ...inserted: readonly (SqlText | SqlValue)[]): SqlText {
  let text = strings[0] ?? '';
  const values: SqlValue[] = [];
  inserted.forEach((one, at) => {
    if (one instanceof SqlText) {
      text += one.text;
      for (const value of one.values) values.push(value);
    } else {
      text += '?';
      values.push(one);
    }
    text += strings[at + 1] ?? '';
  });
  return new SqlText(text, values);
}

/** `T` if it is one literal or a union of literals; never for `string`, for a pattern such as `a${string}`, and for `any`. */
export type Literal<T extends string> = 0 extends 1 & T ? never : T extends unknown ? ({} extends Record<T, 1> ? never : T) : never;

/** A text that the source code spells out, such as the name of a column: the compiler refuses one that it does not know letter by letter. */
export function sqlConstant<T extends string>(text: Literal<T>): SqlText {
  return new SqlText(text, []);
}

const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/**
 * The quoted name of a table, column, constraint or trigger, for statements about all tables of the ORM's metadata or of the database's
 * own catalogue. Throws a RangeError unless it has lower-case letters, digits and `_` alone, at most 63 of them.
 */
export function sqlName(name: string): SqlText {
  if (!NAME.test(name)) throw new RangeError(`A statement takes a name of lower-case letters, digits and "_" here, and was given ${name.slice(0, 200)}.`);
  return new SqlText(`"${name}"`, []);
}

/** The names of columns, separated by commas. */
export function sqlNames(names: readonly string[]): SqlText {
  return joinTexts(names.map(sqlName), ', ');
}

/**
 * Makes a trigger again that was dropped in the same transaction, by the text that SQLite had stored for it. Throws a RangeError for
 * every other text. For `withoutTriggers` alone.
 */
export function sqlOfTrigger(definition: string): SqlText {
  if (!/^create trigger [a-z0-9_]+ /i.test(definition)) throw new RangeError(`The definition of a trigger is needed here, not ${definition.slice(0, 200)}.`);
  return new SqlText(definition, []);
}

/**
 * A number that is written into the statement, for planners that would otherwise plan anew for each value of it, or cannot
 * take a parameter there. Throws a RangeError unless it is an integer from 0 to `max`, whatever its type says it is.
 */
export function sqlInteger(value: number, { max }: { max: number }): SqlText {
  return new SqlText(integerText(value, max), []);
}

/** The same for a list, separated by commas. */
export function sqlIntegers(values: readonly number[], { max }: { max: number }): SqlText {
  return new SqlText(values.map((value) => integerText(value, max)).join(', '), []);
}

function integerText(value: unknown, max: number): string {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max) return value.toFixed(0);
  throw new RangeError(`A statement takes an integer from 0 to ${max} here, and was given ${String(value).slice(0, 200)}.`);
}

/** Values as parameters separated by commas; at least one. */
export function sqlValues(values: readonly SqlValue[]): SqlText {
  if (values.length === 0) throw new RangeError('A statement takes at least one value here.');
  return new SqlText(`${'?, '.repeat(values.length - 1)}?`, values);
}

export function joinTexts(pieces: readonly SqlText[], separator: '' | ', ' | ' and ' | ' or '): SqlText {
  let text = '';
  const values: SqlValue[] = [];
  pieces.forEach((piece, at) => {
    text += at === 0 ? piece.text : separator + piece.text;
    for (const value of piece.values) values.push(value);
  });
  return new SqlText(text, values);
}

/** The same statement with other values from the position `from` on: its text is not joined anew. */
export function withValues(statement: SqlText, from: number, values: readonly SqlValue[]): SqlText {
  const all = [...statement.values];
  if (from < 0 || from + values.length > all.length) {
    throw new RangeError(`A statement of ${all.length} values was given ${values.length} from position ${from} on.`);
  }
  for (let at = 0; at < values.length; at += 1) all[from + at] = values[at] as SqlValue;
  return new SqlText(statement.text, all);
}
