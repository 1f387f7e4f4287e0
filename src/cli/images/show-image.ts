import { Refused } from '../command-error.js';
import { defineCommand } from '../command.js';

const IMAGE = `query CliImage($name: String!) {
  image(name: $name) {
    uuid name alias version description osType status access size deploy resize dcBound tags createdAt updatedAt homepage
    owner { username } boundDatacenter { name } datacenters { name }
    actions { action allowed code reason }
  }
}`;

interface Image {
  uuid: string;
  name: string;
  alias: string;
  version: string;
  description: string;
  osType: string;
  status: string;
  access: string;
  size: number;
  deploy: boolean;
  resize: boolean;
  tags: string[];
  createdAt: string;
  updatedAt: string;
  owner: { username: string };
  boundDatacenter: { name: string } | null;
  datacenters: { name: string }[];
  actions: { action: string; allowed: boolean }[];
}

/** One image, and what the caller may do to it. */
export const showImage = defineCommand({
  usage: 'show <name>',
  summary: 'Show an image, and what you may do to it.',
  options: (parser) => parser.positional('name', { type: 'string', demandOption: true, describe: 'Name of the image' }),
  async run({ gateway, output }, { name }) {
    const { image } = await (await gateway()).run<{ image: Image | null }>(IMAGE, { name });
    if (image === null) throw new Refused(`NOT_FOUND: There is no image "${name.slice(0, 200)}" that you can see; see "images ls".`, 'NOT_FOUND');
    output.item(image, [
      { title: 'Name', of: (row) => row.name },
      { title: 'UUID', of: ({ uuid }) => uuid },
      { title: 'Alias', of: ({ alias }) => alias },
      { title: 'Version', of: ({ version }) => version },
      { title: 'Description', of: ({ description }) => description },
      { title: 'OS type', of: ({ osType }) => osType },
      { title: 'Status', of: ({ status }) => status },
      { title: 'Access', of: ({ access }) => access },
      { title: 'Size in MiB', of: ({ size }) => size },
      { title: 'Can grow', of: ({ resize }) => resize },
      { title: 'Shuts down once deployed', of: ({ deploy }) => deploy },
      { title: 'Tags', of: ({ tags }) => tags.join(', ') },
      { title: 'Owner', of: ({ owner }) => owner.username },
      { title: 'Bound to', of: ({ boundDatacenter }) => boundDatacenter?.name },
      { title: 'Attached to', of: ({ datacenters }) => datacenters.map((one) => one.name).join(', ') },
      { title: 'Created', of: ({ createdAt }) => createdAt },
      { title: 'Changed', of: ({ updatedAt }) => updatedAt },
      { title: 'You may', of: ({ actions }) => actions.filter(({ allowed }) => allowed).map(({ action }) => action).join(', ') },
    ]);
  },
});
