import type { CompiledQuery, DatabaseConnection } from 'kysely';
import type { Tracing } from './tracing.js';

const LONGEST_SQL = 500;

/** A statement without what callers wrote: text in quotes may be anybody's. */
export function withoutValues(sql: string): string {
  return sql.replace(/'(?:[^']|'')*'/g, '?').slice(0, LONGEST_SQL);
}

/** Makes every statement on this connection a span of its own. */
export function traceStatements(connection: DatabaseConnection, tracing: Tracing): void {
  const execute = connection.executeQuery.bind(connection);
  connection.executeQuery = async <R>(query: CompiledQuery, ...rest: never[]) => {
    const text = withoutValues(query.sql);
    const [verb = 'sql'] = text.trimStart().split(/\s/, 1);
    return tracing.span(`sql ${verb.toLowerCase()}`, { 'db.query.text': text }, () => execute<R>(query, ...rest));
  };
}
