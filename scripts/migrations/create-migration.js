import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { built, pathOf } from '../project.js';
import { classNameOf, listWith, migrationSource } from './migration-source.js';
import { completeForSqlite } from './sqlite-statements.js';

const SNAPSHOT = '.snapshot.json';
const LONGEST_NAME = 60;

/** Neither is a database of anybody: the differences come from the snapshots, and SQLite in memory tries the new migration. */
const TARGETS = {
  sqlite: { kind: 'sqlite', path: ':memory:' },
  postgres: { kind: 'postgres', url: 'postgres://nobody@127.0.0.1:1/none' },
};

/**
 * Writes what leads from the last snapshots to the entities: a migration for each database, its lines in index.ts, and the new
 * snapshots. Returns what to print. Writes nothing when it throws: no table changes, or a new column has no value for the rows
 * that exist.
 */
export async function createMigration(name, entities) {
  const { openDatabase, MIGRATION_FOLDERS } = await built('platform/database/database.js');
  const work = await mkdtemp(join(tmpdir(), 'image-gateway-migration-'));
  try {
    const migrations = [];
    for (const [kind, folder] of Object.entries(MIGRATION_FOLDERS)) {
      const database = await openDatabase(TARGETS[kind], entities);
      try {
        migrations.push(await difference(database, { kind, folder, work: join(work, kind) }));
      } finally {
        await database.close(true);
      }
    }
    if (migrations.every(({ statements }) => statements.length === 0)) {
      throw new Error('Nothing is written: the entities describe the same tables as the last migration. Change a *.entity.ts first; src/entities.ts lists them.');
    }
    const written = [];
    for (const migration of migrations) written.push(...(await write(migration, name)));
    return [...written, ...migrations.flatMap(({ warnings }) => warnings), 'Say why in the header comment of both.'].join('\n');
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Throws what is wrong with a name; asked before anything is compiled. */
export async function checkName(name) {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > LONGEST_NAME) {
    throw new Error(`"${name.slice(0, 200)}" cannot name a migration; accepted: words of lower-case letters and digits with "-" between them, ${LONGEST_NAME} characters at most, without a date, such as owner-note.`);
  }
  const className = classNameOf(name);
  if (className === 'Migration') throw new Error('The name "migration" is taken by the class that all migrations extend; accepted: any other name.');
  for (const kind of Object.keys(TARGETS)) {
    const folder = `src/platform/database/migrations/${kind}`;
    const taken = (await readdir(pathOf(folder))).find((file) => classNameOf(file.replace(/^[\d-]*|\.ts$/g, '')) === className);
    if (taken !== undefined) throw new Error(`The name "${name}" is taken by ${folder}/${taken}; accepted: any other name.`);
  }
}

/** The snapshot is copied to `work`, where the ORM writes the new one. */
async function difference(database, { kind, folder, work }) {
  await mkdir(work);
  await copyFile(pathOf(folder, SNAPSHOT), join(work, SNAPSHOT));
  database.config.set('migrations', { ...database.config.get('migrations'), path: work });
  const { diff } = await database.migrator.create();
  const statements = diff.up.filter((statement) => statement !== '');
  const before = await readJson(pathOf(folder, SNAPSHOT));
  const after = await readJson(join(work, SNAPSHOT));
  const added = addedColumns(before, after);
  refuseWithoutValue(added);
  const complete = kind === 'sqlite' ? await completeForSqlite(database, statements, added) : { steps: [{ statements }], warnings: [] };
  return { folder, statements, added, snapshot: join(work, SNAPSHOT), ...complete };
}

async function readJson(path) {
  return JSON.parse(await readFile(path, 'utf8'));
}

/** Columns that are new in tables that were there before. */
function addedColumns(before, after) {
  const tables = new Map(before.tables.map((table) => [table.name, table]));
  return after.tables.filter(({ name }) => tables.has(name)).flatMap((table) =>
    Object.values(table.columns)
      .filter(({ name }) => !(name in tables.get(table.name).columns))
      .map((column) => ({ ...column, table: table.name })));
}

/** SQLite refuses such a column always, Postgres wherever the table has rows. */
function refuseWithoutValue(columns) {
  const without = columns.find((column) => !column.nullable && column.default === null);
  if (without === undefined) return;
  throw new Error(`Nothing is written: the new column ${without.table}.${without.name} may not be null and has no default, so rows that exist would have no value; accepted: .nullable() or .default(…) in the entity.`);
}

async function write({ folder, steps, added, snapshot }, name) {
  const file = `${new Date().toISOString().slice(0, 10)}-${name}`;
  const path = pathOf(folder, `${file}.ts`);
  const list = pathOf(folder, 'index.ts');
  await writeFile(path, migrationSource(file, name, steps, added));
  await writeFile(list, listWith(await readFile(list, 'utf8'), file, name));
  await copyFile(snapshot, pathOf(folder, SNAPSHOT));
  return [`written  ${folder}/${file}.ts`, `changed  ${folder}/index.ts, ${SNAPSHOT}`];
}
