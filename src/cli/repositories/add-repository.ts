import { redactUrl } from '../../platform/fetch/redact-url.js';
import { Refused } from '../command-error.js';
import { defineCommand } from '../command.js';
import { unlessRefused } from '../server/unless-refused.js';

const ADD = 'mutation CliAddRepository($input: NamedUrlInput!) { addImageRepository(input: $input) { name url } }';
const UPDATE = 'mutation CliRepositoryPassword($input: NamedUrlInput!) { updateImageRepository(input: $input) { name url } }';
const READ = 'query CliConfiguredRepositories { globalSettings { vmsImageRepositories { name url } } }';

interface RepositoryRow {
  name: string;
  url: string;
}

/** Makes a repository known. */
export const addRepository = defineCommand({
  usage: 'add <name> <url>',
  summary: 'Add an image repository.',
  notes: 'The gateway asks the address for its list first, and refuses one that is no IMGAPI server. Adding one that is there under the same name and address changes nothing, except that the user and password in the address become those of the repository. Load its list with "repos refresh".',
  examples: [['repos add community https://images.example.com', 'A name, and the address of an IMGAPI server']],
  options: (parser) =>
    parser
      .positional('name', { type: 'string', demandOption: true, describe: 'Name to refer to it by' })
      .positional('url', { type: 'string', demandOption: true, describe: 'Address of the IMGAPI server' }),
  async run({ gateway, output }, { name, url }) {
    const client = await gateway();
    const added = await unlessRefused('ALREADY_EXISTS', async () => client.run<{ addImageRepository: RepositoryRow }>(ADD, { input: { name, url } }));
    if (added !== null) return output.done(`Repository ${name} is added. Load its list: image-gateway repos refresh ${name}`, added.addImageRepository);
    const { globalSettings } = await client.run<{ globalSettings: { vmsImageRepositories: RepositoryRow[] } }>(READ);
    const present = globalSettings.vmsImageRepositories.find((one) => one.name === name);
    if (present !== undefined && addressOf(present.url) === addressOf(url)) {
      const withPassword = withUserOf(url, present.url);
      if (withPassword !== null) await client.run(UPDATE, { input: { name, url: withPassword } });
      return output.done(`Repository ${name} is there already${withPassword === null ? '' : '; its user and password are the given ones now'}.`, present);
    }
    throw new Refused(`ALREADY_EXISTS: Repository ${name} has the address ${redactUrl(present?.url ?? '')}. Remove it first, or choose another name.`, 'ALREADY_EXISTS');
  },
});

/** The URL without user, password and slashes at its end. */
function addressOf(text: string): string {
  const url = URL.parse(text);
  if (url === null) return text;
  [url.username, url.password] = ['', ''];
  return url.href.replace(/\/+$/, '');
}

/** The present URL with the user and password of the given one; null when that has none. */
function withUserOf(given: string, present: string): string | null {
  const { username, password } = new URL(given);
  return username === '' && password === '' ? null : present.replace('://', `://${username}:${password}@`);
}
