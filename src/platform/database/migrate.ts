import type { Database } from './database.js';
import { migrate } from './database.js';

/** What `npm run migrate -- help` prints. */
export const MIGRATE_HELP = `Usage: npm run migrate -- [up | status | create NAME]
  up           apply every migration that is missing (the default; start does this by itself)
  status       list what is applied and what is missing
  create NAME  write a new migration from the difference between the entities and the last snapshot`;

async function status(database: Database): Promise<string> {
  const applied = await database.migrator.getExecuted();
  const pending = await database.migrator.getPending();
  return [...applied.map((row) => `applied  ${row.name}`), ...pending.map((row) => `missing  ${row.name}`)].join('\n');
}

/** Runs one migrate command and answers what to print; refuses an unknown command with the help text. */
export async function runMigrateCommand(argv: readonly string[], database: Database): Promise<string> {
  const [command = 'up', name] = argv;
  if (command === 'up') {
    const applied = await migrate(database);
    return applied.length === 0 ? 'Nothing to do: every migration is applied.' : applied.map((one) => `applied  ${one}`).join('\n');
  }
  if (command === 'status') return status(database);
  if (command === 'create' && name !== undefined) {
    const created = await database.migrator.create(undefined, false, false, name);
    return created.fileName === '' ? 'Nothing to do: the entities equal the last migration.' : `written  ${created.fileName} (add it to index.ts beside it)`;
  }
  if (command === 'help' || command === '--help') return MIGRATE_HELP;
  throw new Error(`"${argv.join(' ')}" is not a migrate command.\n${MIGRATE_HELP}`);
}
