import { defineCommand } from '../command.js';
import { LIMIT } from '../options.js';
import { beginningOf } from '../server/list-pages.js';

const USERS = 'query CliUsers { users { username email active isSuperAdmin createdAt groups { name } } }';

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
  options: (parser) => parser.option('limit', LIMIT),
  async run({ gateway, output }, { limit }) {
    const { users } = await (await gateway()).run<{ users: UserRow[] }>(USERS);
    output.list(beginningOf(users, limit), [
      { title: 'USERNAME', isWhole: true, of: ({ username }) => username },
      { title: 'ACTIVE', of: ({ active }) => active },
      { title: 'SUPERADMIN', of: ({ isSuperAdmin }) => isSuperAdmin },
      { title: 'E-MAIL', of: ({ email }) => email },
      { title: 'GROUPS', of: ({ groups }) => groups.map(({ name }) => name).join(', ') },
    ]);
  },
});
