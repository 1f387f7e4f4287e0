import { defineCommand } from '../command.js';
import { IF_EXISTS } from '../options.js';
import { unlessRefused } from '../server/unless-refused.js';

const DELETE = 'mutation CliDeleteDatacenter($name: String!) { deleteDatacenter(name: $name) }';

/** Removes a datacenter. */
export const deleteDatacenter = defineCommand({
  usage: 'delete <name>',
  summary: 'Delete a datacenter without servers. Its images are unbound and detached, not deleted.',
  options: (parser) => parser.positional('name', { type: 'string', demandOption: true, describe: 'Which datacenter' }).option('if-exists', IF_EXISTS),
  async run({ gateway, output }, { name, ifExists }) {
    const client = await gateway();
    const remove = async () => client.run<{ deleteDatacenter: string }>(DELETE, { name });
    const answer = ifExists ? await unlessRefused('NOT_FOUND', remove) : await remove();
    output.done(answer === null ? `Datacenter ${name} is not there.` : `Datacenter ${name} is deleted.`, { name });
  },
});
