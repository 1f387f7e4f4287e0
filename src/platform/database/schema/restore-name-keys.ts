import { isSqlite, type SqlEntityManager } from '../database.js';
import { inTransaction } from '../in-transaction.js';
import { sqlConstant, sqlName, type SqlText, sqlText } from '../sql-text.js';
import { writeRows } from '../write-rows.js';

/** Names, which are ASCII, with their keys. */
const NAMES = [['user_group', 'name'], ['user_account', 'username'], ['datacenter', 'name'], ['virtual_server', 'hostname'], ['image', 'name']] as const;

/**
 * Fills in the keys by which names that differ in case only are refused, where they are missing: in rows that an older program wrote
 * after a rollback. Of names that clash, the row that has the plain key keeps it, and the others get keys with their id in them. The
 * unique indexes of the keys find the rows without one, so this is quick where there are none. Several processes may do this at once.
 */
export async function restoreNameKeys(em: SqlEntityManager): Promise<void> {
  await inTransaction(em, async (tx) => {
    for (const statement of nameKeyStatements(tx)) await writeRows(tx, statement);
  });
}

/** The statements that fill in the keys, one for each table. */
export function nameKeyStatements(em: SqlEntityManager): SqlText[] {
  // Not by the locale of the database: the lower case of I is another letter in some.
  const collation = sqlConstant(isSqlite(em) ? '' : ' collate "C"');
  return NAMES.map(([table, column]) => restoringStatement(sqlName(table), sqlName(column), sqlName(`${column}_key`), collation));
}

function restoringStatement(table: SqlText, column: SqlText, key: SqlText, collation: SqlText): SqlText {
  const lower = (alias: SqlText): SqlText => sqlText`lower(${alias}.${column}${collation})`;
  const [own, other] = [sqlConstant('t'), sqlConstant('x')];
  const isTaken = sqlText`n.place > 1 or exists (select 1 from ${table} x where x.${key} = ${lower(own)})`;
  return sqlText`update ${table} as t set ${key} = case when ${isTaken} then ${lower(own)} || '<' || cast(t.id as text) || '>' else ${lower(own)} end
    from (select x.id, row_number() over (partition by ${lower(other)} order by x.id) as place from ${table} x where x.${key} is null) n
    where n.id = t.id`;
}
