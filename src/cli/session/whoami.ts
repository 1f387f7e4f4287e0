import { defineCommand } from '../command.js';

const WHO = `query CliWhoami {
  viewer { user { username email isSuperAdmin } currentDatacenter { name } permissions datacenters { name } }
}`;

interface Viewer {
  user: { username: string; email: string | null; isSuperAdmin: boolean };
  currentDatacenter: { name: string };
  permissions: string[];
  datacenters: { name: string }[];
}

/** Whom the key signs in, and what this user may do in the current datacenter. */
export const whoami = defineCommand({
  usage: 'whoami',
  summary: 'Show the user whom the key signs in, and the gateway.',
  options: (parser) => parser,
  async run({ gateway, output }) {
    const client = await gateway();
    const { viewer } = await client.run<{ viewer: Viewer }>(WHO);
    output.item({ server: client.server.href, ...viewer }, [
      { title: 'Server', of: ({ server }) => server },
      { title: 'User', of: ({ user }) => user.username },
      { title: 'E-mail', of: ({ user }) => user.email },
      { title: 'SuperAdmin', of: ({ user }) => user.isSuperAdmin },
      { title: 'Current datacenter', of: ({ currentDatacenter }) => currentDatacenter.name },
      { title: 'Permissions there', of: ({ permissions }) => permissions.join(', ') },
      { title: 'Datacenters', of: ({ datacenters }) => datacenters.map(({ name }) => name).join(', ') },
    ]);
  },
});
