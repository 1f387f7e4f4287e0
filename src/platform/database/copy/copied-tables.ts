import type { EntityMetadata, EntityProperty } from '@mikro-orm/core';
import type { Database, SqlEntityManager } from '../database.js';
import { isSqlite } from '../database.js';
import { throughKysely } from '../read/read-rows.js';
import { sqlText } from '../sql-text.js';

/** A truth value, which SQLite has as 0 or 1; a whole number of any size; text. */
export type ColumnKind = 'flag' | 'number' | 'text';

/** A table as the entities describe it, which is the same on SQLite and on Postgres. */
export interface CopiedTable {
  name: string;
  columns: readonly { name: string; kind: ColumnKind }[];
  /** In the order of the key. */
  keys: readonly string[];
  /** The column that the database numbers; null where the program gives the ids. */
  numbered: string | null;
}

/** Tables in which migrations put rows, so that an empty database has them. */
const FILLED_BY_MIGRATIONS: readonly string[] = ['image_list_version', 'schema_compatibility'];

/** Every table of the entities, and those between them, by name. The table of applied migrations is none of them. */
export function copiedTables(database: Database): CopiedTable[] {
  const tables = [...database.getMetadata().getAll().values()].map(tableOf);
  return tables.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

function tableOf(meta: EntityMetadata): CopiedTable {
  const stored = meta.props.filter(({ kind, persist, owner }) => persist !== false && (kind === 'scalar' || kind === 'm:1' || (kind === '1:1' && owner)));
  const columns = stored.flatMap((prop) => prop.fieldNames.map((name) => ({ name, kind: kindOf(meta, prop) })));
  const keys = meta.primaryKeys.flatMap((key) => stored.find(({ name }) => name === key)?.fieldNames ?? []);
  const numbered = stored.find(({ primary, autoincrement }) => primary === true && autoincrement === true)?.fieldNames[0] ?? null;
  return { name: meta.tableName, columns, keys, numbered };
}

/** Throws for a type whose values would differ between the databases: it needs a rule here first. */
function kindOf({ tableName }: EntityMetadata, { name, runtimeType, columnTypes }: EntityProperty): ColumnKind {
  const [type = ''] = columnTypes;
  if (runtimeType === 'boolean') return 'flag';
  if (/^(small|big)?int(eger)?$/.test(type)) return 'number';
  if (/^(text|varchar(\(\d+\))?)$/.test(type)) return 'text';
  throw new Error(`The column of ${tableName}.${name} has the type ${type}, which cannot be copied between databases yet.`);
}

/** The tables that are really there, without those of a search index. */
export async function presentTables(em: SqlEntityManager): Promise<string[]> {
  const statement = isSqlite(em)
    ? sqlText`select name from pragma_table_list where type = 'table' and schema = 'main' and name not like 'sqlite\\_%' escape '\\' order by name`
    : sqlText`select tablename as name from pg_tables where schemaname = current_schema() order by tablename`;
  const { rows } = await throughKysely(em, statement);
  return (rows as { name: string }[]).map(({ name }) => name);
}

/** Tables that a gateway fills. */
export function filledTables(tables: readonly CopiedTable[]): CopiedTable[] {
  return tables.filter(({ name }) => !FILLED_BY_MIGRATIONS.includes(name));
}
