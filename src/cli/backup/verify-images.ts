import { Readable } from 'node:stream';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { MOST_KEYS, type Owner, ownersOf } from '../../images/store/attempt-owners.js';
import { inBatches } from '../../platform/in-batches.js';
import { type AttemptKey, type FileKey, nameOfKey } from '../../platform/store/file-key.js';
import type { FileStore } from '../../platform/store/file-store.js';
import { manifestOf } from './copy-images.js';
import { hashStream } from './hashed-copy.js';
import { type ImageRow, imageKeys, imageRowOf, imageRows } from './image-rows.js';
import { strayFiles } from './stray-files.js';

const TOO_LARGE = 'its manifest is larger than 1 MiB, which is the most that is read';

/** One thing about an image, or a file that belongs to none. */
export interface StoreFinding {
  /** The name in the image store: of an image, that of its key. */
  name: string;
  finding: 'missing bytes' | 'wrong size' | 'wrong hash' | 'missing manifest' | 'wrong manifest' | 'stray' | 'placed by hand' | 'not in the catalogue' | 'unfinished';
  detail: string;
  isWrong: boolean;
}

export interface VerifyWork {
  em: SqlEntityManager;
  store: FileStore;
  /** The folder of the image store; null for one that is no folder. */
  root: string | null;
  onBytes(done: number, total: number): void;
}

/** Hashes all files. What changes meanwhile in a running gateway is looked at again before it is called wrong. */
export async function verifyImages(work: VerifyWork): Promise<{ findings: StoreFinding[]; files: number; bytes: number }> {
  const { em, store } = work;
  // First the files and then the rows: a row is there before its file.
  const pairs = await store.listPairs();
  const attempts: AttemptKey[] = [];
  for await (const key of store.listAttempts()) attempts.push(key);
  const rows = await imageKeys(em);
  const run = new Verification(work, await sizeOf(store, [...pairs.map(pairOf), ...attempts]));
  const findings: StoreFinding[] = [];
  for await (const row of imageRows(em)) findings.push(...(await run.image(row)));
  for (const uuid of pairs) findings.push(...(await run.pair(uuid, rows)));
  for await (const keys of inBatches(Readable.from(attempts), MOST_KEYS)) {
    const owners = await ownersOf(em, keys);
    for (const key of keys) findings.push(...(await run.attempt(key, owners.get(nameOfKey(key)))));
  }
  if (work.root !== null) for (const { name, detail } of await strayFiles(work.root)) findings.push(wrong(name, 'stray', detail));
  return { findings, files: run.files, bytes: run.done };
}

function pairOf(uuid: string): FileKey {
  return { uuid, attempt: null };
}

async function sizeOf(store: FileStore, keys: readonly FileKey[]): Promise<number> {
  let total = 0;
  for (const key of keys) total += (await store.statFile(key))?.size ?? 0;
  return total;
}

class Verification {
  files = 0;
  done = 0;

  constructor(
    private readonly work: VerifyWork,
    private readonly total: number,
  ) {}

  async image(row: ImageRow): Promise<StoreFinding[]> {
    const found = [...(await this.#bytes(row)), ...(await this.#manifest(row))];
    if (found.length === 0) return [];
    // An image that was deleted or changed meanwhile, or that a task works on, is for that task to look after.
    const now = await imageRowOf(this.work.em, row.uuid);
    return now?.status === 'OK' && now.sha256 === row.sha256 && now.attempt === row.attempt ? found : [];
  }

  /** `rows` has the keys of all images: null for those with a pair, or without a file. */
  async pair(uuid: string, rows: ReadonlyMap<string, string | null>): Promise<StoreFinding[]> {
    const attempt = rows.get(uuid);
    if (attempt === undefined) return this.#placed(pairOf(uuid), { finding: 'placed by hand', detail: 'no image has this uuid; it can be imported from the local repository' });
    return attempt === null ? [] : [wrong(uuid, 'stray', `the image of this uuid has its file in ${uuid}/${attempt}`)];
  }

  async attempt(key: AttemptKey, owner: Owner | undefined): Promise<StoreFinding[]> {
    const name = nameOfKey(key);
    if (owner === undefined || owner === 'image') return [];
    if (owner === 'open task') return [{ name, finding: 'unfinished', detail: 'a task works on it', isWrong: false }];
    if (owner === 'unknown' && (await this.work.store.statFile(key)) !== null) {
      return this.#placed(key, { finding: 'not in the catalogue', detail: 'the database knows neither its task nor its image, as after a restore; it can be imported from the local repository' });
    }
    // A task that has just ended removes it.
    if (!(await this.#isThere(key))) return [];
    return [wrong(name, 'stray', 'no task works on it, and it is the file of no image; a worker removes it within a minute')];
  }

  async #placed(key: FileKey, right: Pick<StoreFinding, 'finding' | 'detail'>): Promise<StoreFinding[]> {
    const [name, manifest, readable] = [nameOfKey(key), await manifestOf(this.work.store, key), await this.work.store.readFile(key)];
    if (manifest === 'too large') {
      readable?.destroy();
      return [wrong(name, 'wrong manifest', `no image has this uuid; ${TOO_LARGE}`)];
    }
    if (manifest === null || readable === null) {
      readable?.destroy();
      // Deleted meanwhile.
      if (!(await this.#isThere(key))) return [];
      return [wrong(name, 'stray', `no image has this uuid, and it has no ${manifest === null ? 'manifest' : 'file'}`)];
    }
    const { hash, size } = await this.#hash(readable, 'sha1');
    const said = fileOf(manifest);
    if (said !== null && said.size === size && said.sha1 === hash) return [{ name, ...right, isWrong: false }];
    return [wrong(name, 'wrong manifest', `no image has this uuid; its file has ${size} bytes and sha1 ${hash}, its manifest says ${said === null ? 'nothing' : `${said.size} and ${said.sha1}`}`)];
  }

  async #isThere({ uuid, attempt }: FileKey): Promise<boolean> {
    if (attempt === null) return (await this.work.store.listPairs()).includes(uuid);
    for await (const key of this.work.store.listAttempts(uuid)) if (key.attempt === attempt) return true;
    return false;
  }

  async #bytes({ uuid, attempt, size, sha256 }: ImageRow): Promise<StoreFinding[]> {
    const key = { uuid, attempt };
    const readable = await this.work.store.readFile(key);
    if (readable === null) return [wrong(nameOfKey(key), 'missing bytes', `the image has ${size} bytes in the database`)];
    const found = await this.#hash(readable, 'sha256');
    if (found.size !== size) return [wrong(nameOfKey(key), 'wrong size', `${found.size} bytes, ${size} in the database`)];
    return found.hash === sha256 ? [] : [wrong(nameOfKey(key), 'wrong hash', `sha256 ${found.hash}, ${sha256} in the database`)];
  }

  async #manifest({ uuid, attempt, size, sha1 }: ImageRow): Promise<StoreFinding[]> {
    const key = { uuid, attempt };
    const text = await manifestOf(this.work.store, key);
    if (text === 'too large') return [wrong(nameOfKey(key), 'wrong manifest', TOO_LARGE)];
    if (text === null) return [wrong(nameOfKey(key), 'missing manifest', '')];
    const said = fileOf(text);
    return said !== null && said.size === size && said.sha1 === sha1 ? [] : [wrong(nameOfKey(key), 'wrong manifest', `it names ${said === null ? 'no file' : `a file of ${said.size} bytes with sha1 ${said.sha1}`}; ${size} and ${sha1} in the database`)];
  }

  async #hash(readable: NonNullable<Awaited<ReturnType<FileStore['readFile']>>>, algorithm: 'sha1' | 'sha256'): Promise<{ hash: string; size: number }> {
    this.files += 1;
    return hashStream(readable, algorithm, (bytes) => {
      this.done += bytes;
      this.work.onBytes(this.done, Math.max(this.total, this.done));
    });
  }
}

function wrong(name: string, finding: StoreFinding['finding'], detail: string): StoreFinding {
  return { name, finding, detail, isWrong: true };
}

/** The first file that a manifest names; null when it names none. */
function fileOf(manifest: string): { size: number; sha1: string } | null {
  try {
    const { files } = JSON.parse(manifest) as { files?: { size?: unknown; sha1?: unknown }[] };
    const [file] = Array.isArray(files) ? files : [];
    return typeof file?.size === 'number' && typeof file.sha1 === 'string' ? { size: file.size, sha1: file.sha1.toLowerCase() } : null;
  } catch {
    return null;
  }
}
