import { quoteValue } from '../../platform/message-text.js';
import { WrongCall } from '../command-error.js';
import { defineCommand } from '../command.js';

const CREATE = 'mutation CliCreateKey($input: CreateApiKeyInput!) { createApiKey(input: $input) { id name key expiresAt } }';

const WHO = 'query CliKeyOwner { viewer { user { username } } }';

interface NewKey {
  id: string;
  name: string;
  key: string;
  expiresAt: string | null;
}

/** Makes an API key; stdout gets the key alone, so that a script can take it. */
export const createKey = defineCommand({
  usage: 'create [username]',
  summary: 'Create an API key for yourself, or as a SuperAdmin for a user, and print it once.',
  examples: [['keys create backup --name nightly --expires-at 2027-01-01T00:00:00Z > key.txt', 'Into a file; the id goes to stderr']],
  options: (parser) =>
    parser
      .positional('username', { type: 'string', describe: 'Whom it signs in; you when left out' })
      .option('name', { type: 'string', default: 'made by image-gateway keys', describe: 'What the key is for' })
      .option('expires-at', { type: 'string', describe: 'From when it is refused, as 2027-01-01T00:00:00Z; when left out, as late as the gateway allows' }),
  async run({ gateway, output }, { username: named, name, expiresAt }) {
    if (expiresAt !== undefined && Number.isNaN(Date.parse(expiresAt))) throw new WrongCall(`--expires-at is ${quoteValue(expiresAt)}. Accepted: a date with a time and an offset, such as 2027-01-01T00:00:00Z.`);
    const client = await gateway();
    const username = named ?? (await client.run<{ viewer: { user: { username: string } } }>(WHO)).viewer.user.username;
    const { createApiKey: made } = await client.run<{ createApiKey: NewKey }>(CREATE, { input: { username, name, expiresAt } });
    output.note(`Key ${made.id} signs in as ${username}${made.expiresAt === null ? '' : ` until ${made.expiresAt}`}. Take it back with: image-gateway keys revoke ${made.id}`);
    output.done(made.key, made);
  },
});
