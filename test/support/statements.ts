import type { Database } from '../../src/platform/database.js';
import { readerOf } from '../../src/platform/reader.js';
import type { SqlText } from '../../src/platform/sql-text.js';

export interface Statement {
  sql: string;
  parameters: readonly unknown[];
}

/** Tells of every statement that the database runs from now on, whichever connection it goes through. */
export function watchStatements(database: Database, tell: (statement: Statement) => void): void {
  const executor = database.em.getConnection().getClient().getExecutor();
  const execute = executor.executeQuery.bind(executor);
  executor.executeQuery = (async (...args: Parameters<typeof execute>) => {
    tell(args[0]);
    return execute(...args);
  }) as typeof executor.executeQuery;
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
