import { type Config, ConfigError, readConfig } from '../../config/config.js';
import { ANY_STORE, nameOfLocation, openStore, openStoreMark, type StoreLocation } from '../../platform/store/open-store.js';
import type { StoreMark } from '../../platform/store/store-mark.js';
import { AlreadyRunning, lockFolder } from '../../platform/store/process-lock.js';
import { type CopiedImages, copyImages } from '../backup/copy-images.js';
import { CommandError, Refused, WrongCall } from '../command-error.js';
import { defineCommand, type Session } from '../command.js';
import { Progress } from '../output/progress.js';
import type { Environment } from '../terminal.js';
import { faultOf } from './open-database.js';

const MOST_NAMES = 20;

/** Copies an image store into another one, such as from a folder into an object storage. */
export const copyStore = defineCommand({
  usage: 'copy-store',
  summary: 'Copy all files of an image store into another one, a folder or an object storage, and compare the hashes of both.',
  notes:
    'Reads --from only. What is in --to already with the same hash is not copied again, so an interrupted copy goes on, and a large store can be copied beside the running gateway: stop the gateway then, and run it again for what is new. At its end --to gets the id of --from, so that a gateway starts on it without "store adopt". Refused: a target that belongs to another catalogue, or is the store of a gateway that runs here.',
  examples: [
    ["copy-store --from /var/lib/image-gateway/images --to 's3://images/prod?endpoint=https://s3.example.com&pathStyle=true'", 'Move to an object storage; then set IMAGE_STORE'],
    ['copy-store --from s3://images/prod --to file:/srv/images', 'And back'],
  ],
  options: (parser) =>
    parser
      .option('from', { type: 'string', demandOption: true, describe: 'A path, or a URL as IMAGE_STORE has it; it is only read' })
      .option('to', { type: 'string', demandOption: true, describe: 'The same; empty, or an earlier copy of --from' })
      .option('replace', { type: 'boolean', default: false, describe: 'Replace files and manifests of an earlier copy that differ' }),
  async run(session, { from, to, replace }) {
    const { env } = session.process;
    const [source, target] = [configWithStore(env, '--from', from), configWithStore(env, '--to', to)];
    if (isSame(source.imageStore, target.imageStore)) throw new WrongCall('--from and --to are the same image store.');
    const unlock = await lockUnlessSource(env, target);
    try {
      tell(session, target.imageStore, await copy(session, source, target, replace));
    } catch (error) {
      throw error instanceof CommandError ? error : new Refused(faultOf(error, source));
    } finally {
      unlock?.();
    }
  },
});

async function copy({ process: { terminal } }: Session, { imageStore: from }: Config, { imageStore: to }: Config, replaces: boolean): Promise<CopiedImages> {
  const [source, target] = [await openStoreMark(from), await openStoreMark(to)];
  const id = await demandCopyable(source, target);
  const [sourceStore, targetStore] = [await openStore(from, ANY_STORE), await openStore(to, ANY_STORE)];
  await sourceStore.reach();
  await targetStore.check();
  // A copy that was not finished has no id, so what differs in it is of this copy.
  const isFinished = (await target.readId()) !== null;
  const progress = new Progress(terminal);
  try {
    const copied = await copyImages({ from: sourceStore, to: targetStore, replaces: replaces || !isFinished, onBytes: (bytesDone, bytesTotal) => progress.show({ phase: 'Copying', bytesDone, bytesTotal }) });
    if (copied.different.length === 0 && id !== null) await target.writeId(id);
    return copied;
  } finally {
    progress.end();
  }
}

/** The id that the target gets. */
async function demandCopyable(source: StoreMark, target: StoreMark): Promise<string | null> {
  if (!(await source.exists())) throw new Refused(`--from ${source.location}: there is no image store.`);
  const [id, present] = [await source.readId(), (await target.exists()) ? await target.readId() : null];
  if (present === null || present === id) return id;
  throw new Refused(`--to ${target.location}: it is the image store of another catalogue; accepted: an empty one, or an earlier copy of --from.`);
}

function tell({ output }: Session, to: StoreLocation, copied: CopiedImages): void {
  const { different, damaged, leftOut } = copied;
  if (leftOut.length > 0) output.note(`Left out, as they have no file or a manifest above 1 MiB: ${listed(leftOut)}.`);
  if (different.length > 0) throw new Refused(`${different.length} images in ${nameOfLocation(to)} differ from those of --from, which is a copy that a gateway may have changed: ${listed(different)}. Accepted: --replace, which replaces them.`);
  if (damaged.length > 0) throw new Refused(`${damaged.length} files in --from have another sha1 than their manifests say, and were copied as they are: ${listed(damaged)}. All others are in ${nameOfLocation(to)}. Replace those files in both stores, or delete their images.`);
  output.done(`${copied.copied} images were copied to ${nameOfLocation(to)}, and ${copied.present} were there already; the hashes are the same.`, copied);
}

function listed(names: readonly string[]): string {
  return names.length <= MOST_NAMES ? names.join(', ') : `${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more`;
}

/** The settings with the image store that an option names. Throws WrongCall, which names the option. */
function configWithStore(env: Environment, option: string, text: string): Config {
  const url = /^(file|s3):/.test(text) ? text : `file:${text}`;
  try {
    return readConfig({ ...env, IMAGE_STORE: url, IMAGE_STORE_REDIRECT: '' });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new WrongCall(error.faults.map((fault) => fault.replace(/^IMAGE_STORE=/, `${option} `)).join('\n'));
  }
}

/** Locks DATA_DIR when the settings name the target, so that no gateway that runs here uses it. */
async function lockUnlessSource(env: Environment, target: Config): Promise<(() => void) | null> {
  const { imageStore, dataDir } = readConfig(env);
  if (!isSame(imageStore, target.imageStore)) return null;
  try {
    return await lockFolder(dataDir);
  } catch (error) {
    throw error instanceof AlreadyRunning ? new Refused(`A gateway works with the image store of --to (DATA_DIR=${dataDir}); stop it first.`) : error;
  }
}

function isSame(one: StoreLocation, other: StoreLocation): boolean {
  if (one.kind === 'file') return other.kind === 'file' && one.path === other.path;
  return other.kind === 's3' && one.bucket === other.bucket && one.prefix === other.prefix && one.endpoint === other.endpoint;
}
