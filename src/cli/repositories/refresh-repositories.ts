import { Refused } from '../command-error.js';
import { defineCommand } from '../command.js';

const FIELDS = 'added changed removed skipped repository { name status imageCount error } task { id status errorCode error }';
const ONE = `mutation CliRefreshRepository($name: String!) { load: refreshImageRepository(name: $name) { ${FIELDS} } }`;
const ALL = `mutation CliRefreshRepositories { loads: refreshImageRepositories { ${FIELDS} } }`;

interface Load {
  added: number;
  changed: number;
  removed: number;
  skipped: number;
  repository: { name: string; status: string; imageCount: number; error: string | null };
  task: { id: string; status: string; errorCode: string | null; error: string | null };
}

/** Loads the list of one repository, or of all of them. */
export const refreshRepositories = defineCommand({
  usage: 'refresh [name]',
  summary: 'Load the list of a repository, or of all, and show what changed.',
  options: (parser) => parser.positional('name', { type: 'string', describe: 'Name of the repository; all when left out' }),
  async run({ gateway, output }, { name }) {
    const client = await gateway();
    const loads = name === undefined ? (await client.run<{ loads: Load[] }>(ALL)).loads : [(await client.run<{ load: Load }>(ONE, { name })).load];
    output.list({ rows: loads, hasMore: false }, [
      { title: 'NAME', of: ({ repository }) => repository.name },
      { title: 'STATUS', of: ({ repository }) => repository.status },
      { title: 'IMAGES', of: ({ repository }) => repository.imageCount },
      { title: 'ADDED', of: ({ added }) => added },
      { title: 'CHANGED', of: ({ changed }) => changed },
      { title: 'REMOVED', of: ({ removed }) => removed },
      { title: 'SKIPPED', of: ({ skipped }) => skipped },
    ]);
    const failed = loads.filter(({ task }) => task.status === 'FAILED');
    if (failed.length > 0) throw new Refused(failed.map(({ repository, task }) => `${task.errorCode ?? 'FAILED'}: ${repository.name}: ${task.error ?? 'the load failed'}`).join('\n'));
  },
});
