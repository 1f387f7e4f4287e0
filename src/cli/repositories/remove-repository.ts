import { defineCommand } from '../command.js';
import { IF_EXISTS } from '../options.js';
import { unlessRefused } from '../server/unless-refused.js';

const REMOVE = 'mutation CliRemoveRepository($name: String!) { removeImageRepository(name: $name) }';

/** Forgets a repository. */
export const removeRepository = defineCommand({
  usage: 'remove <name>',
  summary: 'Remove an image repository. Images imported from it stay.',
  options: (parser) => parser.positional('name', { type: 'string', demandOption: true, describe: 'Name of the repository' }).option('if-exists', IF_EXISTS),
  async run({ gateway, output }, { name, ifExists }) {
    const client = await gateway();
    const remove = async () => client.run<{ removeImageRepository: string }>(REMOVE, { name });
    const removed = ifExists ? await unlessRefused('NOT_FOUND', remove) : await remove();
    output.done(removed === null ? `Repository ${name} is not there.` : `Repository ${name} is removed.`, { name });
  },
});
