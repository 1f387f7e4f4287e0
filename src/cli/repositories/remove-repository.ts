import { Refused } from '../command-error.js';
import { defineCommand } from '../command.js';
import { IF_EXISTS } from '../options.js';
import { readConfigured, writeConfigured } from './configured-repositories.js';

/** Forgets a repository. */
export const removeRepository = defineCommand({
  usage: 'remove <name>',
  summary: 'Remove an image repository. Images imported from it stay.',
  options: (parser) => parser.positional('name', { type: 'string', demandOption: true, describe: 'Name of the repository' }).option('if-exists', IF_EXISTS),
  async run({ gateway, output }, { name, ifExists }) {
    const client = await gateway();
    const present = await readConfigured(client);
    const others = present.filter((one) => one.name !== name);
    if (others.length < present.length) return output.done(`Repository ${name} is removed.`, await writeConfigured(client, others));
    if (!ifExists) throw new Refused(`NOT_FOUND: There is no repository "${name.slice(0, 200)}" in the settings; see "repos ls".`, 'NOT_FOUND');
    output.done(`Repository ${name} is not there.`, present);
  },
});
