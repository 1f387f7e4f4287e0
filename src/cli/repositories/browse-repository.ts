import { defineCommand } from '../command.js';
import { LIMIT } from '../options.js';
import { listOffered } from './offered-images.js';

/** Shows what a repository offers. */
export const browseRepository = defineCommand({
  usage: 'browse <name>',
  summary: 'List the images that a repository offers, newest first.',
  examples: [['repos browse community --search debian --importable', 'What could be imported now']],
  options: (parser) =>
    parser
      .positional('name', { type: 'string', demandOption: true, describe: 'Name of the repository' })
      .option('search', { type: 'string', describe: 'Text in the name or description' })
      .option('importable', { type: 'boolean', describe: 'Only what can be imported now; --no-importable: only what cannot' })
      .option('os-type', { type: 'string', array: true, describe: 'Of this OS type; may be repeated' })
      .option('limit', LIMIT),
  async run({ gateway, output }, { name, search, importable, osType, limit }) {
    output.list(await listOffered(await gateway(), name, { search, importable, osType }, limit), [
      { title: 'UUID', isWhole: true, of: ({ uuid }) => uuid },
      { title: 'NAME', isWhole: true, of: (row) => row.name },
      { title: 'VERSION', of: ({ version }) => version },
      { title: 'OS TYPE', of: (row) => row.osType },
      { title: 'PUBLISHED', of: ({ publishedAt }) => publishedAt },
      { title: 'SIZE MiB', of: ({ size }) => size },
      { title: 'IMPORTABLE', of: (row) => (row.importable ? 'yes' : row.notImportableReason) },
    ]);
  },
});
