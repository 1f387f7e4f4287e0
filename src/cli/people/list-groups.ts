import { defineCommand } from '../command.js';
import { LIMIT } from '../options.js';
import { beginningOf } from '../server/list-pages.js';

const GROUPS = 'query CliGroups { groups { name alias permissions datacenters { name } users { username } } }';

interface GroupRow {
  name: string;
  alias: string;
  permissions: string[];
  datacenters: { name: string }[];
  users: { username: string }[];
}

/** The groups. */
export const listGroups = defineCommand({
  usage: ['ls', 'list'],
  summary: 'List groups, what they grant, where and to whom.',
  options: (parser) => parser.option('limit', LIMIT),
  async run({ gateway, output }, { limit }) {
    const { groups } = await (await gateway()).run<{ groups: GroupRow[] }>(GROUPS);
    output.list(beginningOf(groups, limit), [
      { title: 'NAME', isWhole: true, of: ({ name }) => name },
      { title: 'PERMISSIONS', of: ({ permissions }) => permissions.join(', ') },
      { title: 'DATACENTERS', of: ({ datacenters }) => datacenters.map(({ name }) => name).join(', ') },
      { title: 'USERS', of: ({ users }) => users.map(({ username }) => username).join(', ') },
    ]);
  },
});
