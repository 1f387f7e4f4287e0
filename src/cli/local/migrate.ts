import { readConfig } from '../../config/config.js';
import { migrate as applyMigrations } from '../../platform/database/database.js';
import { withStartLock } from '../../platform/database/open/start-lock.js';
import { refuseNewerSchema } from '../../platform/database/schema/schema-compatibility.js';
import { defineCommand } from '../command.js';
import { openReachable, withDatabase } from './open-database.js';

/** Brings the database of the settings up to date, as a start does by itself. */
export const migrate = defineCommand({
  usage: 'migrate [action]',
  summary: 'Bring the database of DATABASE_URL up to date, or show what is missing.',
  notes: 'Exit code 3 when the database does not answer. A database that a newer version has migrated is refused if it says that older versions must not use it.',
  examples: [['migrate status', 'What is applied, and what a start would apply']],
  options: (parser) => parser.positional('action', { type: 'string', choices: ['up', 'status'], default: 'up', describe: 'up applies what is missing, as a start does by itself; status only lists it' }),
  async run({ process: { env }, output }, { action }) {
    const config = readConfig(env);
    const database = await openReachable(config);
    await withDatabase(database, config, async () => {
      if (action === 'up') {
        const told = (sentence: string): void => output.note(sentence);
        const names = await withStartLock(config.database, told, async () => applyMigrations(database, told));
        if (names.length === 0) return output.done('Nothing to do: every migration is applied.', []);
        return output.list({ rows: names, hasMore: false }, [{ title: 'APPLIED', of: (name) => name }]);
      }
      await refuseNewerSchema(database);
      const applied = (await database.migrator.getExecuted()).map(({ name }) => ({ state: 'applied', name }));
      const missing = (await database.migrator.getPending()).map(({ name }) => ({ state: 'missing', name }));
      return output.list({ rows: [...applied, ...missing], hasMore: false }, [
        { title: 'STATE', of: ({ state }) => state },
        { title: 'NAME', of: ({ name }) => name },
      ]);
    });
  },
});
