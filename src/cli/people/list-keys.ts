import { quoteValue } from '../../platform/message-text.js';
import { Refused, WrongCall } from '../command-error.js';
import { defineCommand } from '../command.js';
import { LIMIT } from '../options.js';
import type { GatewayClient } from '../server/gateway-client.js';
import { beginningOf, listPages, type Page } from '../server/list-pages.js';

const FIELDS = 'username apiKeys { id name prefix createdAt lastUsedAt expiresAt }';
const OWN = `query CliOwnKeys { viewer { user { ${FIELDS} } } }`;
const OF_USER = `query CliKeysOfUser($username: String!) { user(username: $username) { ${FIELDS} } }`;
const OF_ALL = `query CliKeysOfAll($first: Int, $after: String) {
  users(first: $first, after: $after) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } }
}`;

interface Key {
  id: string;
  name: string;
  prefix: string;
  createdAt: string;
  lastUsedAt: string | null;
  expiresAt: string | null;
}

interface Holder {
  username: string;
  apiKeys: readonly Key[];
}

/** The API keys of the caller, of another user, or of everybody. */
export const listKeys = defineCommand({
  usage: ['ls [username]', 'list'],
  summary: 'List API keys that are not revoked: your own, or as a SuperAdmin those of others.',
  options: (parser) =>
    parser
      .positional('username', { type: 'string', describe: 'Whose keys; your own when left out' })
      .option('all', { type: 'boolean', default: false, describe: 'The keys of all users' })
      .option('limit', LIMIT),
  async run({ gateway, output }, { username, all, limit }) {
    if (all && username !== undefined) throw new WrongCall('Name a user, or give --all, but not both.');
    const client = await gateway();
    const holders = all ? await allHolders(client, limit) : [await holderOf(client, username)];
    const keys = holders.flatMap(({ username: user, apiKeys }) => apiKeys.map((key) => ({ user, ...key })));
    output.list(beginningOf(keys, limit), [
      { title: 'ID', isWhole: true, of: ({ id }) => id },
      { title: 'USER', of: ({ user }) => user },
      { title: 'NAME', of: ({ name }) => name },
      { title: 'BEGINS WITH', of: ({ prefix }) => prefix },
      { title: 'MADE', of: ({ createdAt }) => createdAt },
      { title: 'LAST USED', of: ({ lastUsedAt }) => lastUsedAt },
      { title: 'EXPIRES', of: ({ expiresAt }) => expiresAt },
    ]);
  },
});

/** Users until they hold more keys together than are shown. */
async function allHolders(client: GatewayClient, limit: number): Promise<readonly Holder[]> {
  let keys = 0;
  const { rows } = await listPages(Infinity, async (page) => {
    const { users } = await client.run<{ users: Page<Holder> }>(OF_ALL, page);
    for (const { apiKeys } of users.nodes) keys += apiKeys.length;
    return keys > limit ? { ...users, pageInfo: { hasNextPage: false, endCursor: null } } : users;
  });
  return rows;
}

async function holderOf(client: GatewayClient, username: string | undefined): Promise<Holder> {
  if (username === undefined) return (await client.run<{ viewer: { user: Holder } }>(OWN)).viewer.user;
  const { user } = await client.run<{ user: Holder | null }>(OF_USER, { username });
  if (user === null) throw new Refused(`There is no user ${quoteValue(username)}.`, 'NOT_FOUND');
  return user;
}
