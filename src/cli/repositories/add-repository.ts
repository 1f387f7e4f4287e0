import { redactUrl } from '../../platform/fetch/redact-url.js';
import { Refused } from '../command-error.js';
import { defineCommand } from '../command.js';
import { readConfigured, writeConfigured } from './configured-repositories.js';

/** Makes a repository known. */
export const addRepository = defineCommand({
  usage: 'add <name> <url>',
  summary: 'Add an image repository.',
  notes: 'Adding one that is there under the same name and address changes nothing. Load its list with "repos refresh".',
  examples: [['repos add community https://images.example.com', 'A name, and the address of an IMGAPI server']],
  options: (parser) =>
    parser
      .positional('name', { type: 'string', demandOption: true, describe: 'Name to refer to it by' })
      .positional('url', { type: 'string', demandOption: true, describe: 'Address of the IMGAPI server' }),
  async run({ gateway, output }, { name, url }) {
    const client = await gateway();
    const present = await readConfigured(client);
    const same = present.find((one) => one.name === name);
    if (same !== undefined && withoutSlash(same.url) === withoutSlash(url)) return output.done(`Repository ${name} is there already.`, present);
    if (same !== undefined) throw new Refused(`ALREADY_EXISTS: Repository ${name} has the address ${redactUrl(same.url)}. Remove it first, or choose another name.`, 'ALREADY_EXISTS');
    output.done(`Repository ${name} is added. Load its list: image-gateway repos refresh ${name}`, await writeConfigured(client, [...present, { name, url }]));
  },
});

function withoutSlash(url: string): string {
  return (URL.parse(url)?.href ?? url).replace(/\/+$/, '');
}
