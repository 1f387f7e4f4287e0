import { defineCommand } from '../command.js';
import { IF_EXISTS } from '../options.js';
import { unlessRefused } from '../server/unless-refused.js';

const DELETE = 'mutation CliDeleteGroup($name: String!) { deleteGroup(name: $name) }';

/** Removes a group. */
export const deleteGroup = defineCommand({
  usage: 'delete <name>',
  summary: 'Delete a group. Members lose what only it granted.',
  options: (parser) => parser.positional('name', { type: 'string', demandOption: true, describe: 'Which group' }).option('if-exists', IF_EXISTS),
  async run({ gateway, output }, { name, ifExists }) {
    const client = await gateway();
    const remove = async () => client.run<{ deleteGroup: string }>(DELETE, { name });
    const answer = ifExists ? await unlessRefused('NOT_FOUND', remove) : await remove();
    output.done(answer === null ? `Group ${name} is not there.` : `Group ${name} is deleted.`, { name });
  },
});
