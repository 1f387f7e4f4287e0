import { issueApiKey } from '../../access/api-keys/issue-api-key.js';
import { SYSTEM_USERNAME, User } from '../../access/people/user.entity.js';
import { readConfig } from '../../config/config.js';
import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import { quoteValue } from '../../platform/message-text.js';
import { Refused } from '../command-error.js';
import { defineCommand } from '../command.js';
import { wholeNumber } from '../options.js';
import { withDatabase } from './find-account.js';

const KEY_NAME = 'admin reset';
/** SuperAdmins that a refusal names. */
const MOST_NAMES = 10;

interface Request {
  username: string;
  restore: boolean;
  expiresAt: Date | null;
}

/** Makes a key for a SuperAdmin in the database itself, for who has no key left. */
export const resetAdmin = defineCommand({
  usage: 'reset [username]',
  summary: 'Create an API key for a SuperAdmin, directly in the database, and print it once.',
  notes: 'Run it with the environment of the gateway, beside a running or a stopped one; it works however tokens are verified. Existing keys stay valid.',
  examples: [['admin reset > key.txt', 'A key for admin, into a file; the id goes to stderr']],
  options: (parser) =>
    parser
      .positional('username', { type: 'string', default: 'admin', describe: 'User whom the key signs in; must be a SuperAdmin' })
      .option('restore', { type: 'boolean', default: false, describe: 'Make the user active and a SuperAdmin, when it is not' })
      .option('days', { type: 'number', coerce: wholeNumber('days', 1, 36_500), describe: 'Days after which the key is refused; never when left out' }),
  async run({ process: { env }, output }, { username, restore, days: life }) {
    const expiresAt = life === undefined ? null : new Date(Date.now() + life * 24 * 60 * 60 * 1000);
    const made = await withDatabase(readConfig(env), async (database) => reset(database, { username, restore, expiresAt }));
    if (made.isRestored) output.note(`The user ${username} is active and a SuperAdmin now.`);
    output.note(`Key ${made.id} signs in as ${username}${expiresAt === null ? '' : ` until ${expiresAt.toISOString()}`}. Take it back with: image-gateway keys revoke ${made.id}`);
    output.done(made.key, { id: made.id, username, name: KEY_NAME, key: made.key, expiresAt: expiresAt?.toISOString() ?? null });
  },
});

interface Made {
  id: string;
  key: string;
  isRestored: boolean;
}

async function reset(database: Database, { username, restore, expiresAt }: Request): Promise<Made> {
  // A column that this version writes and that database lacks would be told by the driver, in its own words.
  if ((await database.migrator.getPending()).length > 0) {
    throw new Refused('The database is older than this program. Take a backup and start the gateway, or run "image-gateway migrate", and then this again; nothing was made.');
  }
  return inTransaction(database.em.fork(), async (tx) => {
    const user = await tx.findOne(User, { username });
    if (user === null || username === SYSTEM_USERNAME) throw new Refused(`There is no user ${quoteValue(username)}. ${await superAdmins(tx)}`);
    const isRestored = !user.active || !user.isSuperAdmin;
    if (isRestored && !restore) {
      const state = user.active ? 'is no SuperAdmin' : 'is inactive';
      throw new Refused(`The user ${quoteValue(username)} ${state}. With --restore it becomes active and a SuperAdmin. ${await superAdmins(tx)}`);
    }
    Object.assign(user, { active: true, isSuperAdmin: true });
    return { ...issueApiKey(tx, user, KEY_NAME, expiresAt), isRestored };
  });
}

async function superAdmins(tx: SqlEntityManager): Promise<string> {
  const found = await tx.find(User, { isSuperAdmin: true, active: true }, { orderBy: { username: 'asc' }, limit: MOST_NAMES });
  return found.length === 0 ? 'No active user is a SuperAdmin.' : `Active SuperAdmins: ${found.map(({ username }) => username).join(', ')}.`;
}
