import { defineCommand } from '../command.js';
import { LIMIT } from '../options.js';
import { listPages, type Page } from '../server/list-pages.js';

const IMAGES = `query CliImages($first: Int, $after: String, $datacenter: String, $showAll: Boolean, $showDeleted: Boolean, $filter: ImageFilter) {
  images(first: $first, after: $after, datacenter: $datacenter, showAll: $showAll, showDeleted: $showDeleted, filter: $filter) {
    nodes { ...CliImageRow }
    pageInfo { hasNextPage endCursor }
  }
}
fragment CliImageRow on Image { uuid name alias version osType status access size owner { username } boundDatacenter { name } tags }`;

const USABLE = `query CliUsableImages($first: Int, $after: String, $datacenter: String, $filter: ImageFilter) {
  images: usableImages(first: $first, after: $after, datacenter: $datacenter, filter: $filter) {
    nodes { ...CliImageRow }
    pageInfo { hasNextPage endCursor }
  }
}
fragment CliImageRow on Image { uuid name alias version osType status access size owner { username } boundDatacenter { name } tags }`;

interface ImageRow {
  uuid: string;
  name: string;
  alias: string;
  version: string;
  osType: string;
  status: string;
  access: string;
  size: number;
  owner: { username: string };
  boundDatacenter: { name: string } | null;
  tags: string[];
}

/** The images of a datacenter. */
export const listImages = defineCommand({
  usage: ['ls', 'list'],
  summary: 'List images.',
  examples: [
    ['images ls --dc main', 'Images to manage in one datacenter'],
    ['images ls --usable --search debian', 'Images that a new server can be made from'],
    ['images ls --all -o json', 'Every image that you manage, as JSON'],
  ],
  options: (parser) =>
    parser
      .option('dc', { type: 'string', alias: 'datacenter', describe: 'Name of the datacenter; your current one when left out' })
      .option('all', { type: 'boolean', conflicts: 'dc', describe: 'Every datacenter where you hold ADMIN' })
      .option('usable', { type: 'boolean', conflicts: ['all', 'deleted'], describe: 'Those that you can choose for a new server' })
      .option('deleted', { type: 'boolean', describe: 'Those with access DELETED as well' })
      .option('search', { type: 'string', describe: 'Text in the name, alias or description' })
      .option('os-type', { type: 'string', array: true, describe: 'Of this OS type, such as LINUX_VM; may be repeated' })
      .option('status', { type: 'string', array: true, describe: 'In this state: OK or PENDING' })
      .option('owner', { type: 'string', describe: 'Of this owner' })
      .option('tag', { type: 'string', array: true, describe: 'With this tag; may be repeated' })
      .option('limit', LIMIT),
  async run({ gateway, output }, { dc, all, usable, deleted, search, osType, status, owner, tag, limit }) {
    const client = await gateway();
    const filter = { search, osType, status, owner, tags: tag };
    const scope = usable === true ? { datacenter: dc, filter } : { datacenter: dc, showAll: all, showDeleted: deleted, filter };
    const listed = await listPages(limit, async (page) => (await client.run<{ images: Page<ImageRow> }>(usable === true ? USABLE : IMAGES, { ...page, ...scope })).images);
    output.list(listed, [
      { title: 'NAME', isWhole: true, of: ({ name }) => name },
      { title: 'VERSION', of: ({ version }) => version },
      { title: 'OS TYPE', of: ({ osType: type }) => type },
      { title: 'STATUS', of: (row) => row.status },
      { title: 'ACCESS', of: ({ access }) => access },
      { title: 'SIZE MiB', of: ({ size }) => size },
      { title: 'OWNER', of: (row) => row.owner.username },
      { title: 'BOUND TO', of: ({ boundDatacenter }) => boundDatacenter?.name },
    ]);
  },
});
