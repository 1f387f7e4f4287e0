import { defineCommand } from '../command.js';
import { LIMIT } from '../options.js';
import { listPages, type Page } from '../server/list-pages.js';

const DATACENTERS = `query CliDatacenters($first: Int, $after: String) {
  datacenters(first: $first, after: $after) {
    nodes { name alias description access isDefault imageCount boundImageCount owner { username } }
    pageInfo { hasNextPage endCursor }
  }
}`;

interface DatacenterRow {
  name: string;
  alias: string;
  description: string;
  access: string;
  isDefault: boolean;
  imageCount: number;
  boundImageCount: number;
  owner: { username: string };
}

/** The datacenters that the caller can see. */
export const listDatacenters = defineCommand({
  usage: ['ls', 'list'],
  summary: 'List the datacenters that you can see.',
  options: (parser) => parser.option('limit', LIMIT),
  async run({ gateway, output }, { limit }) {
    const client = await gateway();
    const listed = await listPages(limit, async (page) => (await client.run<{ datacenters: Page<DatacenterRow> }>(DATACENTERS, page)).datacenters);
    output.list(listed, [
      { title: 'NAME', isWhole: true, of: ({ name }) => name },
      { title: 'ACCESS', of: ({ access }) => access },
      { title: 'OWNER', of: ({ owner }) => owner.username },
      { title: 'IMAGES', of: ({ imageCount }) => imageCount },
      { title: 'BOUND', of: ({ boundImageCount }) => boundImageCount },
      { title: 'DESCRIPTION', of: ({ description }) => description },
    ]);
  },
});
