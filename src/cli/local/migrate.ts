import { readConfig } from '../../config/config.js';
import { ENTITIES } from '../../entities.js';
import { migrate as applyMigrations, openDatabase } from '../../platform/database/database.js';
import { reachPostgres } from '../../platform/database/postgres/reach-postgres.js';
import { boundMessage } from '../../platform/message-text.js';
import { startFault } from '../../start-fault.js';
import { Refused } from '../command-error.js';
import { defineCommand } from '../command.js';

/** Brings the database of the settings up to date, as a start does by itself. */
export const migrate = defineCommand({
  usage: 'migrate [action]',
  summary: 'Bring the database of DATABASE_URL up to date, or show what is missing.',
  options: (parser) => parser.positional('action', { type: 'string', choices: ['up', 'status'], default: 'up', describe: 'up applies what is missing, as a start does by itself; status only lists it' }),
  async run({ process: { env }, output }, { action }) {
    const config = readConfig(env);
    const database = await openDatabase(config.database, ENTITIES);
    try {
      if (config.database.kind === 'postgres') await reachPostgres(config.database);
      if (action === 'up') {
        const names = await applyMigrations(database);
        if (names.length === 0) return output.done('Nothing to do: every migration is applied.', []);
        return output.list({ rows: names, hasMore: false }, [{ title: 'APPLIED', of: (name) => name }]);
      }
      const applied = (await database.migrator.getExecuted()).map(({ name }) => ({ state: 'applied', name }));
      const missing = (await database.migrator.getPending()).map(({ name }) => ({ state: 'missing', name }));
      output.list({ rows: [...applied, ...missing], hasMore: false }, [
        { title: 'STATE', of: ({ state }) => state },
        { title: 'NAME', of: ({ name }) => name },
      ]);
    } catch (error) {
      throw new Refused(startFault(error, config) ?? boundMessage(error instanceof Error ? error.message : 'The migration failed.'));
    } finally {
      await database.close(true);
    }
  },
});
