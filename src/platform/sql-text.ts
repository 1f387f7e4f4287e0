import { isOperationNodeSource, type OperationNode, RawNode, type RootOperationNode, SqliteQueryCompiler, createQueryId, ValueNode } from 'kysely';

const compiler = new SqliteQueryCompiler();

/**
 * A statement, or a piece of one, as text with `?` for each value: put together by joining strings, so that a statement
 * that is asked a thousand times a second costs no tree of nodes each time. A `?` never stands for itself in it.
 */
export class SqlText {
  constructor(
    readonly text: string,
    readonly values: readonly unknown[],
  ) {}

  /** For statements that are built with Kysely around it. */
  toOperationNode(): OperationNode {
    return RawNode.create(this.text.split('?'), this.values.map((value) => ValueNode.create(value)));
  }
}

interface NodeSource {
  toOperationNode(): OperationNode;
}

/** What Kysely built, as text. */
export function textOf(source: SqlText | NodeSource): SqlText {
  if (source instanceof SqlText) return source;
  const { sql, parameters } = compiler.compileQuery(source.toOperationNode() as RootOperationNode, createQueryId());
  return new SqlText(sql, parameters);
}

/** Tag: a value becomes a parameter, a piece of a statement is put in as it is. Column names are written by us alone. */
export function sqlText(parts: TemplateStringsArray, ...inserted: readonly unknown[]): SqlText {
  let text = parts[0] ?? '';
  const values: unknown[] = [];
  inserted.forEach((one, at) => {
    if (one instanceof SqlText || isOperationNodeSource(one)) {
      const piece = textOf(one as SqlText | NodeSource);
      text += piece.text;
      for (const value of piece.values) values.push(value);
    } else {
      text += '?';
      values.push(one);
    }
    text += parts[at + 1] ?? '';
  });
  return new SqlText(text, values);
}

/** Text of ours without values: the name of a column, a keyword. Never anything that a caller wrote. */
export function plainText(text: string): SqlText {
  return new SqlText(text, []);
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

export function joinTexts(pieces: readonly (SqlText | NodeSource)[], separator: string): SqlText {
  let text = '';
  const values: unknown[] = [];
  pieces.forEach((one, at) => {
    const piece = textOf(one);
    text += at === 0 ? piece.text : separator + piece.text;
    for (const value of piece.values) values.push(value);
  });
  return new SqlText(text, values);
}
