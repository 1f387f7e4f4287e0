import { defineCommand } from '../command.js';
import { LIMIT } from '../options.js';
import { beginningOf } from '../server/list-pages.js';

const REPOSITORIES = 'query CliRepositories { imageRepositories { name url status imageCount lastUpdate isLocal error } }';

interface RepositoryRow {
  name: string;
  url: string;
  status: string;
  imageCount: number;
  lastUpdate: string | null;
  isLocal: boolean;
  error: string | null;
}

/** The repositories that images can be imported from. */
export const listRepositories = defineCommand({
  usage: ['ls', 'list'],
  summary: 'List image repositories, with the state of their lists.',
  options: (parser) => parser.option('limit', LIMIT),
  async run({ gateway, output }, { limit }) {
    const { imageRepositories } = await (await gateway()).run<{ imageRepositories: RepositoryRow[] }>(REPOSITORIES);
    output.list(beginningOf(imageRepositories, limit), [
      { title: 'NAME', isWhole: true, of: ({ name }) => name },
      { title: 'STATUS', of: ({ status }) => status },
      { title: 'IMAGES', of: ({ imageCount }) => imageCount },
      { title: 'LOADED', of: ({ lastUpdate }) => lastUpdate },
      { title: 'LOCAL', of: ({ isLocal }) => isLocal },
      { title: 'URL', of: (row) => row.url },
      { title: 'ERROR', of: ({ error }) => error },
    ]);
  },
});
