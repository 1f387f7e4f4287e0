import { defineCommand } from '../command.js';
import { LIMIT } from '../options.js';
import { listPages, type Page } from '../server/list-pages.js';

const GROUPS = `query CliGroups($search: String, $first: Int, $after: String) {
  groups(search: $search, first: $first, after: $after) {
    nodes { name alias permissions datacenters { name } users { username } }
    pageInfo { hasNextPage endCursor }
  }
}`;

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
  options: (parser) =>
    parser.option('search', { type: 'string', describe: 'Only those with this text in their name or alias' }).option('limit', LIMIT),
  async run({ gateway, output }, { search, limit }) {
    const client = await gateway();
    const listed = await listPages(limit, async (page) => (await client.run<{ groups: Page<GroupRow> }>(GROUPS, { search, ...page })).groups);
    output.list(listed, [
      { title: 'NAME', isWhole: true, of: ({ name }) => name },
      { title: 'PERMISSIONS', of: ({ permissions }) => permissions.join(', ') },
      { title: 'DATACENTERS', of: ({ datacenters }) => datacenters.map(({ name }) => name).join(', ') },
      { title: 'USERS', of: ({ users }) => users.map(({ username }) => username).join(', ') },
    ]);
  },
});
