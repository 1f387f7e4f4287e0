import { buildOrStop, compileUnchecked } from './build.js';
import { checkName, createMigration } from './migrations/create-migration.js';
import { begin, built, configured, stop } from './project.js';

const HELP = `npm run migrate -- [up | status | create NAME]
  up           apply every migration that is missing to the database of DATABASE_URL (the default; "npm start" does it by itself)
  status       list what is applied to the database of DATABASE_URL, and what is missing
  create NAME  write the migrations from the last snapshots to the present entities, one for SQLite and one for Postgres, and list
               them in index.ts; no database is needed. NAME is in kebab-case and has no date: create owner-note`;

begin(HELP);
const [command = 'up', ...rest] = process.argv.slice(2);
if (!isCommand()) stop(`"${[command, ...rest].join(' ').slice(0, 200)}" is not a migrate command.\n${HELP}`);
try {
  console.log(await runCommand());
} catch (error) {
  stop(error.message);
}

async function runCommand() {
  if (command === 'create') {
    await checkName(rest[0]);
    // The fields of a new property come after its column, so the types around it need not be right yet.
    await compileUnchecked();
    return createMigration(rest[0], await entities());
  }
  await buildOrStop({ only: ['modules'] });
  return onConfiguredDatabase(command === 'up' ? up : status);
}

async function entities() {
  return (await built('entities.js')).ENTITIES;
}

function isCommand() {
  return command === 'create' ? rest.length === 1 : ['up', 'status'].includes(command) && rest.length === 0;
}

async function onConfiguredDatabase(action) {
  const { openDatabase } = await built('platform/database/database.js');
  const { reachPostgres } = await built('platform/database/postgres/reach-postgres.js');
  const { database: target } = await configured();
  if (target.kind === 'postgres') await reachPostgres(target);
  const database = await openDatabase(target, await entities());
  try {
    return await action(database);
  } finally {
    await database.close(true);
  }
}

async function up(database) {
  const { migrate } = await built('platform/database/database.js');
  const applied = await migrate(database);
  return applied.length === 0 ? 'Nothing to do: every migration is applied.' : applied.map((name) => `applied  ${name}`).join('\n');
}

async function status(database) {
  const applied = await database.migrator.getExecuted();
  const pending = await database.migrator.getPending();
  return [...applied.map(({ name }) => `applied  ${name}`), ...pending.map(({ name }) => `missing  ${name}`)].join('\n');
}
