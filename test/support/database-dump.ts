import { type DatabaseTarget, openDatabase } from '../../src/platform/database/database.js';
import { ENTITIES } from '../../src/entities.js';

const TABLES = {
  // A virtual table lies in tables of its own, which are read in its stead.
  sqlite: "select name from sqlite_master where type = 'table' and sql not like 'create virtual%' order by name",
  postgres: "select table_name as name from information_schema.tables where table_schema = 'public' order by 1",
};
const SEQUENCES = "select sequencename, last_value from pg_sequences where schemaname = 'public' order by 1";

/** Every row of every table but those, and where the sequences of ids stand, as text: the same text means the same database. */
export async function dumpDatabase(target: DatabaseTarget, except: readonly string[] = []): Promise<string> {
  const database = await openDatabase(target, ENTITIES);
  try {
    const connection = database.em.fork().getConnection();
    const tables = (await connection.execute(TABLES[target.kind])) as { name: string }[];
    const lines: string[] = [];
    for (const { name } of tables.filter((table) => !except.includes(table.name))) {
      const rows = (await connection.execute(`select * from "${name}"`)) as object[];
      lines.push(`-- ${name}`, ...rows.map((row) => JSON.stringify(row)).sort());
    }
    if (target.kind === 'postgres') lines.push(JSON.stringify(await connection.execute(SEQUENCES)));
    return lines.join('\n');
  } finally {
    await database.close(true);
  }
}
