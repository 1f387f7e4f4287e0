import { CompiledQuery } from 'kysely';
import { postgresText } from './read/postgres-text.js';
import { requireSqlText, type SqlText } from './sql-text.js';

/** A statement as the connections of Kysely and MikroORM take it: the only way in which a text gets to them. */
export function queryOf(statement: SqlText, database: 'sqlite' | 'postgres'): CompiledQuery {
  requireSqlText(statement);
  const { text, values } = database === 'sqlite' ? statement : postgresText(statement);
  return CompiledQuery.raw(text, [...values]);
}
