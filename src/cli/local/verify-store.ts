import { readConfig } from '../../config/config.js';
import { ANY_STORE, openStore } from '../../platform/store/open-store.js';
import { type StoreFinding, verifyImages } from '../backup/verify-images.js';
import { Refused } from '../command-error.js';
import { defineCommand } from '../command.js';
import { Progress } from '../output/progress.js';
import { openPresent, withDatabase } from './open-database.js';

/** Compares every file of the image store with the database, and changes nothing. */
export const verifyStore = defineCommand({
  usage: 'verify-store',
  summary: 'Hash every file of the image store again, and compare it with the database and the manifests. Changes nothing.',
  notes: 'Beside a running gateway or a stopped one. Exit code 1 when anything is wrong: bytes that are missing or differ, a manifest that says something else, files that belong to no image. A pair of file and manifest that was placed by hand, files that came after the moment to which a database was restored, and unfinished files of tasks, are shown and are not wrong.',
  examples: [['verify-store -o json', 'For a monitor; each finding has name, finding, detail and isWrong']],
  options: (parser) => parser,
  async run({ process: { env, terminal }, output }) {
    const config = readConfig(env);
    const database = await openPresent(config);
    const progress = new Progress(terminal);
    const { findings, files, bytes } = await withDatabase(database, config, async () => {
      try {
        const store = await openStore(config.imageStore, ANY_STORE);
        return await verifyImages({ em: database.em.fork(), store, root: config.imageStore.kind === 'file' ? config.imageStore.path : null, onBytes: (bytesDone, bytesTotal) => progress.show({ phase: 'Verifying', bytesDone, bytesTotal }) });
      } finally {
        progress.end();
      }
    });
    if (output.isJson || findings.length > 0) {
      output.list<StoreFinding>({ rows: findings, hasMore: false }, [
        { title: 'NAME', of: ({ name }) => name, isWhole: true },
        { title: 'FINDING', of: ({ finding }) => finding },
        { title: 'DETAIL', of: ({ detail }) => detail },
      ]);
    }
    output.note(`${files} files of ${bytes} bytes were hashed.`);
    const wrong = findings.filter(({ isWrong }) => isWrong).length;
    if (wrong > 0) throw new Refused(wrong === 1 ? 'One thing is wrong.' : `${wrong} things are wrong.`);
  },
});
