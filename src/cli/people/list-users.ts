import { defineCommand } from '../command.js';
import { LIMIT } from '../options.js';
import { listPages, type Page } from '../server/list-pages.js';

const USERS = `query CliUsers($search: String, $first: Int, $after: String) {
  users(search: $search, first: $first, after: $after) {
    nodes { username email active isSuperAdmin createdAt groups { name } }
    pageInfo { hasNextPage endCursor }
  }
}`;

interface UserRow {
  username: string;
  email: string | null;
  active: boolean;
  isSuperAdmin: boolean;
  createdAt: string;
  groups: { name: string }[];
}

/** The users. */
export const listUsers = defineCommand({
  usage: ['ls', 'list'],
  summary: 'List users, active or not.',
  options: (parser) =>
    parser
      .option('search', { type: 'string', describe: 'Only those with this text in their username or e-mail address' })
      .option('limit', LIMIT),
  async run({ gateway, output }, { search, limit }) {
    const client = await gateway();
    const listed = await listPages(limit, async (page) => (await client.run<{ users: Page<UserRow> }>(USERS, { search, ...page })).users);
    output.list(listed, [
      { title: 'USERNAME', isWhole: true, of: ({ username }) => username },
      { title: 'ACTIVE', of: ({ active }) => active },
      { title: 'SUPERADMIN', of: ({ isSuperAdmin }) => isSuperAdmin },
      { title: 'E-MAIL', of: ({ email }) => email },
      { title: 'GROUPS', of: ({ groups }) => groups.map(({ name }) => name).join(', ') },
    ]);
  },
});
