import type { CompiledQuery, DatabaseConnection } from 'kysely';
import type { SqliteReader } from './reader.js';
import type { SqlText } from './sql-text.js';
import type { Tracing } from './tracing.js';

const LONGEST_SQL = 500;

/** A statement without what callers wrote: text in quotes may be anybody's. */
export function withoutValues(sql: string): string {
  return sql.replace(/'(?:[^']|'')*'/g, '?').slice(0, LONGEST_SQL);
}

function spanName(text: string): string {
  const [verb = 'sql'] = text.trimStart().split(/\s/, 1);
  return `sql ${verb.toLowerCase()}`;
}

/** The same for statements that only read, on a connection of their own. */
export function traceReader(reader: SqliteReader, tracing: Tracing): void {
  const [all, objects] = [reader.all.bind(reader), reader.objects.bind(reader)];
  const traced = <T>({ text }: SqlText, work: () => T): T => tracing.spanAtOnce(spanName(text), { 'db.query.text': withoutValues(text) }, work);
  reader.all = <R>(text: SqlText): R[] => traced(text, () => all<R>(text));
  reader.objects = <R>(text: SqlText): R[] => traced(text, () => objects<R>(text));
}

/** Makes every statement on this connection a span of its own. */
export function traceStatements(connection: DatabaseConnection, tracing: Tracing): void {
  const execute = connection.executeQuery.bind(connection);
  connection.executeQuery = async <R>(query: CompiledQuery, ...rest: never[]) => {
    const text = withoutValues(query.sql);
    return tracing.span(spanName(text), { 'db.query.text': text }, () => execute<R>(query, ...rest));
  };
}
