import { built } from '../project.js';

/**
 * The steps of a migration on SQLite, tried on a database in memory that has the migrations before it. SQLite adds columns at the
 * end of the row: where the entity declares a long text last, the steps move it behind the new columns.
 */
export async function completeForSqlite(database, statements, added) {
  if (statements.length === 0) return { steps: [], warnings: [] };
  const { migrate } = await built('platform/database/database.js');
  await migrate(database);
  const steps = [{ statements }];
  for (const table of new Set(added.map((column) => column.table))) {
    const last = lastText(database, table, added);
    if (last !== null) steps.push(await moveToEnd(database, table, last));
  }
  return { steps, warnings: await warningsOf(database, steps.flatMap((step) => step.statements)) };
}

/** The column that the entity declares last, where it is a text of any length that was there before; else null. */
function lastText(database, table, added) {
  const entity = [...database.getMetadata().getAll().values()].find((meta) => meta.tableName === table && !meta.pivotTable);
  const [property] = Object.values(entity?.properties ?? {}).filter(({ fieldNames, persist }) => fieldNames?.length > 0 && persist !== false).slice(-1);
  const [column] = property?.fieldNames ?? [];
  const isNew = added.some((each) => each.table === table && each.name === column);
  return property?.columnTypes?.[0] === 'text' && property.runtimeType === 'string' && !isNew ? column : null;
}

async function moveToEnd(database, table, column) {
  const { type, notnull, dflt_value: value } = await definitionOf(database, table, column);
  if (notnull === 1 && value === null) {
    return {
      comment: [
        `The entity declares ${column} last, as SQLite walks through a long value to reach the columns behind it. ${column} has no default, so it`,
        'cannot be added again behind the new column: a table that is read by the new column in long lists has to be made anew here.',
      ],
      statements: [],
    };
  }
  const triggers = await triggersThatName(database, table, column);
  const definition = `${type.toLowerCase()}${notnull === 1 ? ' not null' : ''}${value === null ? '' : ` default ${value}`}`;
  return {
    comment: [
      `The entity declares ${column} last, as SQLite walks through a long value to reach the columns behind it. Triggers that name it are made`,
      'again; leave these statements out where nothing reads the new column in lists, as they write the whole table.',
    ],
    statements: [
      ...triggers.map(({ name }) => `drop trigger ${name};`),
      `alter table \`${table}\` rename column \`${column}\` to \`${column}_before\`;`,
      `alter table \`${table}\` add column \`${column}\` ${definition};`,
      `update ${table} set ${column} = ${column}_before;`,
      `alter table \`${table}\` drop column \`${column}_before\`;`,
      ...triggers.map(({ sql }) => `${sql.replace(/^CREATE TRIGGER/, 'create trigger')};`),
    ],
  };
}

async function definitionOf(database, table, column) {
  const [definition] = await rows(database, 'select type, "notnull", dflt_value from pragma_table_info(?) where name = ?', [table, column]);
  return definition;
}

/** In the order in which they were made. */
async function triggersThatName(database, table, column) {
  const triggers = await rows(database, "select name, sql from sqlite_master where type = 'trigger' order by rowid", []);
  return triggers.filter(({ sql }) => new RegExp(`\\b${table}\\b`).test(sql) && new RegExp(`\\b${column}\\b`).test(sql));
}

/** Where the statements fail, or make other tables than the entities describe, the file is for somebody to finish. */
async function warningsOf(database, statements) {
  try {
    for (const statement of statements) await rows(database, statement, []);
  } catch (error) {
    return [`Finish the migration of SQLite by hand, which refuses it: ${error.message.slice(0, 200)}`];
  }
  const missing = await database.schema.getUpdateSchemaSQL({ wrap: false });
  return missing === '' ? [] : [`Finish the migration of SQLite by hand, which lacks: ${missing.slice(0, 200)}`];
}

function rows(database, statement, parameters) {
  return database.em.getConnection().execute(statement, parameters);
}
