import type { SqlMikroORM } from '@mikro-orm/sqlite';
import { queryOf } from '../kysely-query.js';
import { NewerSchema, SCHEMA_VERSION } from './schema-version.js';
import { type SqlText, sqlText } from '../sql-text.js';

type Dialect = 'sqlite' | 'postgres';

const IS_MARKED: Readonly<Record<Dialect, SqlText>> = {
  sqlite: sqlText`select count(*) as found from sqlite_master where type = 'table' and name = 'schema_compatibility'`,
  postgres: sqlText`select count(*) as found from pg_tables where schemaname = current_schema() and tablename = 'schema_compatibility'`,
};
const MINIMUM = sqlText`select minimum_version as found from schema_compatibility`;

/** Throws NewerSchema unless this program may work with the database. A database from before there was such a mark is older. */
export async function refuseNewerSchema(database: SqlMikroORM): Promise<void> {
  const dialect = database.driver.constructor.name === 'SqliteDriver' ? 'sqlite' : 'postgres';
  const read = async (statement: SqlText): Promise<number> => {
    const { rows } = await database.em.fork().getKysely().executeQuery<{ found: number | string }>(queryOf(statement, dialect));
    return Number(rows[0]?.found ?? 0);
  };
  if ((await read(IS_MARKED[dialect])) === 0) return;
  const minimumVersion = await read(MINIMUM);
  if (minimumVersion > SCHEMA_VERSION) throw new NewerSchema(minimumVersion);
}
