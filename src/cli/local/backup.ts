import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readConfig } from '../../config/config.js';
import { errorCode } from '../../platform/store/safe-open.js';
import { ANY_STORE, openStore } from '../../platform/store/open-store.js';
import { makeFolder } from '../../platform/store/make-folder.js';
import { AlreadyRunning, lockFolder } from '../../platform/store/process-lock.js';
import { isOfBackup } from '../backup/backup-manifest.js';
import { type BackupResult, makeBackup } from '../backup/make-backup.js';
import { Refused } from '../command-error.js';
import { defineCommand, type Session } from '../command.js';
import { Progress } from '../output/progress.js';
import { rowProgress } from './copy-db.js';
import { openPresent, withDatabase } from './open-database.js';

/** Backs up the database, the images and the generated secret, beside a running or a stopped gateway. */
export const backup = defineCommand({
  usage: 'backup',
  summary: 'Back up database, images and the generated secret into a folder, beside a running gateway or a stopped one.',
  notes: 'A folder has one backup. Done again into the same folder, only image files that are new are copied, and the backup before stays whole until this one is. The database is an SQLite file in it, from Postgres too. Settings of the environment are not in it. Exit code 1, after everything else was backed up, when an image has no bytes or wrong ones.',
  examples: [
    ['backup --to /backup/images', 'Each night, by cron'],
    ['restore --from /backup/images', 'Restore it'],
  ],
  options: (parser) => parser.option('to', { type: 'string', demandOption: true, describe: 'The folder of the backup: a new one, an empty one, or one with an earlier backup' }),
  async run(session, { to }) {
    const { env, terminal, version } = session.process;
    const config = readConfig(env);
    const folder = resolve(to);
    const database = await openPresent(config);
    const result = await withDatabase(database, config, async () => {
      const unlock = await prepareFolder(folder);
      const progress = new Progress(terminal);
      try {
        return await makeBackup({
          config, database, folder,
          store: await openStore(config.imageStore, ANY_STORE),
          version,
          onBytes: (bytesDone, bytesTotal) => progress.show({ phase: 'Copying images', bytesDone, bytesTotal }),
          onRows: (state) => progress.show(rowProgress(state)),
        });
      } finally {
        progress.end();
        unlock();
      }
    });
    report(session, folder, result);
  },
});

/** Makes the folder, and keeps other backups out of it. Refuses one that has anything else in it. */
async function prepareFolder(folder: string): Promise<() => void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw new Refused(errorCode(error) === 'ENOTDIR' ? `--to ${folder}: this is a file where a folder is needed.` : `--to ${folder}: this cannot be read.`);
  });
  const other = names.find((name) => !isOfBackup(name));
  if (other !== undefined) throw new Refused(`--to ${folder}: it has ${other}, which is of no backup; accepted: a new folder, an empty one, or one with a backup.`);
  await makeFolder(folder);
  try {
    return await lockFolder(folder);
  } catch (error) {
    throw error instanceof AlreadyRunning ? new Refused(`--to ${folder}: another backup, or a restore, uses it.`) : error;
  }
}

function report({ output }: Session, folder: string, { manifest, missing, damaged, deleted, leftOut, bytesCopied }: BackupResult): void {
  const { madeAt, images, rows, database, secret } = manifest;
  const bytes = images.reduce((sum, { file }) => sum + file.size, 0);
  output.item({ folder, madeAt, databaseBytes: database.size, rows, images: images.length, imageBytes: bytes, bytesCopied, secret: secret !== null, deleted, leftOut, missing, damaged }, [
    { title: 'FOLDER', of: (one) => one.folder, isWhole: true },
    { title: 'MADE AT', of: (one) => one.madeAt },
    { title: 'DATABASE', of: (one) => `${one.databaseBytes} bytes, ${one.rows.reduce((sum, each) => sum + each.rows, 0)} rows` },
    { title: 'IMAGES', of: (one) => `${one.images}, of ${one.imageBytes} bytes` },
    { title: 'COPIED', of: (one) => `${one.bytesCopied} bytes` },
    { title: 'SECRET', of: (one) => one.secret },
  ]);
  for (const uuid of deleted) output.note(`Image ${uuid} was deleted while the backup ran, and is not in it.`);
  for (const uuid of leftOut) output.note(`${uuid} was placed by hand and has a manifest above 1 MiB, so it is not in the backup.`);
  const faults = [...missing.map((uuid) => `Image ${uuid} has no bytes in the image store.`), ...damaged.map((uuid) => `Image ${uuid} has other bytes in the image store than its row says.`)];
  if (faults.length > 0) throw new Refused([...faults.slice(0, 100), `The backup has everything but ${faults.length === 1 ? 'this image' : `these ${faults.length} images`}; "image-gateway verify-store" tells more.`].join('\n'));
}
