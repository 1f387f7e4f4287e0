import type { CompiledQuery, DatabaseConnection } from 'kysely';
import type { PreparedStatements } from './read/prepared-statements.js';
import type { PostgresReader, RunOptions } from './read/postgres-reader.js';
import type { HeavyReads } from './read/heavy-reads.js';
import type { Operation } from './read/operation.js';
import type { SqlText } from './sql-text.js';
import type { Tracing } from '../tracing.js';
import type { SqliteWriterConnection } from './writer-connection.js';

const LONGEST_SQL = 500;

/** The text of a statement without quoted text, which callers may have written. */
function withoutValues(sql: string): string {
  return sql.replace(/'(?:[^']|'')*'/g, '?').slice(0, LONGEST_SQL);
}

function spanName(text: string): string {
  const [verb = 'sql'] = text.trimStart().split(/\s/, 1);
  return `sql ${verb.toLowerCase()}`;
}

type Traced = <T>(text: SqlText, work: () => T) => T;

function tracedBy(tracing: Tracing): Traced {
  return ({ text }, work) => tracing.spanSync(spanName(text), { 'db.query.text': withoutValues(text) }, work);
}

/** The same for reads on the read-only connection. */
export function traceReader(reader: PreparedStatements, tracing: Tracing): void {
  const [all, objects, traced] = [reader.all.bind(reader), reader.objects.bind(reader), tracedBy(tracing)];
  reader.all = <R>(text: SqlText): R[] => traced(text, () => all<R>(text));
  reader.objects = <R>(text: SqlText): R[] => traced(text, () => objects<R>(text));
}

/** The same on Postgres. */
export function tracePostgres(reader: PostgresReader, tracing: Tracing): void {
  const [all, objects] = [reader.all.bind(reader), reader.objects.bind(reader)];
  const traced = async <T>({ text }: SqlText, work: () => Promise<T>): Promise<T> => tracing.span(spanName(text), { 'db.query.text': withoutValues(text) }, work);
  reader.all = async <R>(text: SqlText, options?: RunOptions): Promise<R[]> => traced(text, async () => all<R>(text, options));
  reader.objects = async <R>(text: SqlText, options?: RunOptions): Promise<R[]> => traced(text, async () => objects<R>(text, options));
}

/** The same for heavy reads; the span includes the time in the queue. */
export function traceHeavy(reads: HeavyReads, tracing: Tracing): void {
  const read = reads.read.bind(reads);
  reads.read = async <R>(text: SqlText, ...rest: [boolean, Operation | null]): Promise<R[]> =>
    tracing.span(spanName(text.text), { 'db.query.text': withoutValues(text.text) }, () => read<R>(text, ...rest));
}

/** The same for prepared statements in transactions. */
export function traceWriter(writer: SqliteWriterConnection, tracing: Tracing): void {
  traceReader(writer, tracing);
  const [run, traced] = [writer.run.bind(writer), tracedBy(tracing)];
  writer.run = (text) => traced(text, () => run(text));
}

/** Makes a span of every statement on this connection. */
export function traceStatements(connection: DatabaseConnection, tracing: Tracing): void {
  const execute = connection.executeQuery.bind(connection);
  connection.executeQuery = async <R>(query: CompiledQuery, ...rest: never[]) => {
    const text = withoutValues(query.sql);
    return tracing.span(spanName(text), { 'db.query.text': text }, () => execute<R>(query, ...rest));
  };
}
