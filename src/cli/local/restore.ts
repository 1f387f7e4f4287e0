import { copyFile, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { secretFileIn } from '../../access/sign-in/signing-secret.js';
import { type Config, readConfig } from '../../config/config.js';
import { knownMigrations } from '../../platform/database/copy/copy-database.js';
import { replaceStoreId } from '../../images/store/store-record.js';
import type { FileStore } from '../../platform/store/file-store.js';
import { ANY_STORE, nameOfLocation, openStore, openStoreMark } from '../../platform/store/open-store.js';
import { AlreadyRunning, lockFolder } from '../../platform/store/process-lock.js';
import { adoptStore } from '../../platform/store/store-identity.js';
import { lstatOrNull, syncFolder, writeDurably } from '../../platform/store/safe-open.js';
import { type BackupManifest, readBackupManifest } from '../backup/backup-manifest.js';
import { hashFile } from '../backup/hashed-copy.js';
import { demandRestorable, stageDatabase } from '../backup/restore-database.js';
import { closeWaiting, replaceImages, restoreImages } from '../backup/restore-images.js';
import { CommandError, Refused } from '../command-error.js';
import { defineCommand, type Session } from '../command.js';
import { Progress } from '../output/progress.js';
import { rowProgress } from './copy-db.js';
import { faultOf, openPresent, openReachable, withDatabase } from './open-database.js';

/** Brings a backup into the database and the image store of the settings. */
export const restore = defineCommand({
  usage: 'restore',
  summary: 'Bring a backup into the database, the image store and the data folder of the settings, and verify every hash.',
  notes: 'Stop the gateway first. From SQLite to Postgres and back as well: DATABASE_URL says where to. Without --replace the database must be empty, and the image store too, or have images of the backup alone. With it, the present database stays until the backup is ready beside it; images that are not in the backup stay. An older backup is brought up to date; a newer one is refused.',
  examples: [
    ['restore --from /backup/images', 'Into an empty DATA_DIR'],
    ['restore --from /backup/images --replace', 'Return to the state of the backup'],
  ],
  options: (parser) =>
    parser
      .option('from', { type: 'string', demandOption: true, describe: 'The folder of a backup' })
      .option('replace', { type: 'boolean', default: false, describe: 'Replace the rows that the database has now' }),
  async run(session, { from, replace }) {
    const { env } = session.process;
    const config = readConfig(env);
    const folder = resolve(from);
    const manifest = await usableBackup(folder);
    const unlock = await lockData(config);
    try {
      await restoreWith(session, { config, folder, manifest, replaces: replace });
    } catch (error) {
      throw error instanceof CommandError ? error : new Refused(faultOf(error, config));
    } finally {
      unlock();
    }
  },
});

interface Restore {
  config: Config;
  folder: string;
  manifest: BackupManifest;
  replaces: boolean;
}

async function usableBackup(folder: string): Promise<BackupManifest> {
  const manifest = await readBackupManifest(folder);
  if (manifest === null) throw new Refused(`--from ${folder}: this is no whole backup: it has no backup.json, which is written last.`);
  const known = knownMigrations('sqlite');
  const unknown = manifest.migrations.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Refused(`--from ${folder}: it is the backup of a newer image-gateway (${manifest.program}, with the migration ${unknown.join(', ').slice(0, 200)}); use that version.`);
  const { secret } = manifest;
  if (secret !== null && (await hashFile(join(folder, secret.name))).sha256 !== secret.sha256) throw new Refused('The backup is damaged: its secret has other bytes than its list says.');
  return manifest;
}

async function lockData({ dataDir }: Config): Promise<() => void> {
  try {
    return await lockFolder(dataDir);
  } catch (error) {
    throw error instanceof AlreadyRunning ? new Refused(`A gateway works in DATA_DIR=${dataDir}; stop it first.`) : error;
  }
}

async function restoreWith({ process: { terminal }, output }: Session, { config, folder, manifest, replaces }: Restore): Promise<void> {
  const store = await openStore(config.imageStore, ANY_STORE);
  await demandRestorable(config, async () => openReachable(config), replaces);
  await store.check();
  const others = await otherImages(store, manifest);
  if (others > 0 && !replaces) throw new Refused(`IMAGE_STORE=${namedIn(config)}: it has ${others} images that the backup does not have; accepted: an empty one, or --replace, with which they stay.`);
  const progress = new Progress(terminal);
  const staged = await stageDatabase(config, folder, manifest, (state) => progress.show(rowProgress(state)));
  try {
    const restored = await restoreImages(folder, manifest.images, store, (bytesDone, bytesTotal) => progress.show({ phase: 'Restoring images', bytesDone, bytesTotal }));
    await staged.replace().catch(async (error: unknown) => {
      await closeWaiting(restored.waiting);
      throw error;
    });
    await replaceImages(restored.waiting);
    await adoptRestoredStore(config);
    const secret = await restoreSecret(config, folder, manifest);
    progress.end();
    const { madeAt, program, rows } = manifest;
    output.item({ madeAt, program, rows, images: manifest.images.length, imagesCopied: restored.copied, imagesPresent: restored.present, otherImages: others, secret }, [
      { title: 'MADE AT', of: (one) => one.madeAt },
      { title: 'ROWS', of: (one) => one.rows.reduce((sum, each) => sum + each.rows, 0) },
      { title: 'IMAGES', of: (one) => `${one.images}: ${one.imagesCopied} copied, ${one.imagesPresent} there already` },
      { title: 'OTHER IMAGES', of: (one) => one.otherImages },
      { title: 'SECRET', of: (one) => one.secret },
    ]);
    for (const path of await foldersOfOthers(config)) {
      output.note(`The restored files belong to root, and ${path} to another user. Before that user starts the gateway: chown -R --reference='${path}' '${path}/'`);
    }
  } finally {
    progress.end();
    await staged.discard();
  }
}

/** The folders restored into that belong to another user, where root restores: it owns what it writes there, and that user cannot read it. */
async function foldersOfOthers({ dataDir, imageStore }: Config): Promise<string[]> {
  if (process.getuid?.() !== 0) return [];
  const folders = [...new Set([dataDir, ...(imageStore.kind === 'file' ? [imageStore.path] : [])])];
  const owners = await Promise.all(folders.map(async (path) => (await stat(path)).uid));
  return folders.filter((_path, at) => owners[at] !== 0);
}

function namedIn({ imageStore }: Config): string {
  return imageStore.kind === 'file' ? `file:${imageStore.path}` : nameOfLocation(imageStore);
}

/** The restored catalogue goes on with the store that its images were restored to. */
async function adoptRestoredStore(config: Config): Promise<void> {
  const id = await adoptStore(await openStoreMark(config.imageStore));
  const database = await openPresent(config);
  await withDatabase(database, config, async () => replaceStoreId(database.em.fork(), id));
}

/** How many images the store has that are not in the backup. */
async function otherImages(store: FileStore, { images }: BackupManifest): Promise<number> {
  const backedUp = new Set(images.map(({ uuid }) => uuid));
  const stored = new Set(await store.listPairs());
  for await (const key of store.listAttempts()) if ((await store.statFile(key)) !== null) stored.add(key.uuid);
  return [...stored].filter((uuid) => !backedUp.has(uuid)).length;
}

/** The secret that the tokens of the backup were signed with; one that is there and differs is kept as `jwt-secret.before-restore`. */
async function restoreSecret({ dataDir }: Config, folder: string, { secret }: BackupManifest): Promise<'restored' | 'there already' | 'none in the backup'> {
  if (secret === null) return 'none in the backup';
  const [source, path] = [join(folder, secret.name), secretFileIn(dataDir)];
  if ((await lstatOrNull(path)) !== null) {
    if ((await hashFile(path)).sha256 === secret.sha256) return 'there already';
    await copyFile(path, `${path}.before-restore`);
  }
  const draft = `${path}.restoring`;
  await rm(draft, { force: true });
  await writeDurably(draft, await readFile(source, 'utf8'), { isPrivate: true });
  await rename(draft, path);
  await syncFolder(dataDir);
  return 'restored';
}
