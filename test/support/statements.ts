import { postgresReaderOf, type RunOptions } from '../../src/platform/database/read/postgres-reader.js';
import { postgresText } from '../../src/platform/database/read/postgres-text.js';
import { type Database, isSqlite } from '../../src/platform/database/database.js';
import { readerOf } from '../../src/platform/database/read/reader-connection.js';
import { heavyReadsOf } from '../../src/platform/database/read/heavy-reads.js';
import type { Operation } from '../../src/platform/database/read/operation.js';
import type { SqlText } from '../../src/platform/database/sql-text.js';

export interface Statement {
  sql: string;
  parameters: readonly unknown[];
  /** On Postgres: kept prepared, and soon planned once for all values. */
  steady?: boolean;
  /** Carried out away from the event loop. */
  isHeavy?: boolean;
}

/** Tells of every statement that the database runs from now on, whichever connection it goes through. */
export function watchStatements(database: Database, tell: (statement: Statement) => void): void {
  const executor = database.em.getConnection().getClient().getExecutor();
  const execute = executor.executeQuery.bind(executor);
  executor.executeQuery = (async (...args: Parameters<typeof execute>) => {
    tell(args[0]);
    return execute(...args);
  }) as typeof executor.executeQuery;
  watchPostgres(database, tell);
  watchHeavy(database, tell);
  const reader = readerOf(database.driver);
  if (reader === undefined) return;
  const [all, objects] = [reader.all.bind(reader), reader.objects.bind(reader)];
  const told = ({ text, values }: SqlText): void => tell({ sql: text, parameters: values });
  reader.all = <R>(text: SqlText): R[] => {
    told(text);
    return all<R>(text);
  };
  reader.objects = <R>(text: SqlText): R[] => {
    told(text);
    return objects<R>(text);
  };
}

function watchHeavy(database: Database, tell: (statement: Statement) => void): void {
  const heavy = heavyReadsOf(database.driver);
  if (heavy === undefined) return;
  const read = heavy.read.bind(heavy);
  heavy.read = async <R>(text: SqlText, ...rest: [boolean, Operation | null]): Promise<R[]> => {
    const asked = isSqlite(database.em) ? text : postgresText(text);
    tell({ sql: asked.text, parameters: asked.values, isHeavy: true });
    return read<R>(text, ...rest);
  };
}

function watchPostgres(database: Database, tell: (statement: Statement) => void): void {
  const reader = postgresReaderOf(database.driver);
  if (reader === undefined) return;
  const [all, objects] = [reader.all.bind(reader), reader.objects.bind(reader)];
  const told = (asked: SqlText, steady = false): void => {
    const { text, values } = postgresText(asked);
    tell({ sql: text, parameters: values, steady });
  };
  reader.all = async <R>(text: SqlText, options?: RunOptions): Promise<R[]> => {
    told(text, options?.steady);
    return all<R>(text, options);
  };
  reader.objects = async <R>(text: SqlText, options?: RunOptions): Promise<R[]> => {
    told(text);
    return objects<R>(text, options);
  };
}
