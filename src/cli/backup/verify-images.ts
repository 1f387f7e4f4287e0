import { readdir } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import type { FileStore } from '../../platform/store/file-store.js';
import { errorCode, isFolder } from '../../platform/store/safe-open.js';
import { STORE_ID_FILE } from '../../platform/store/store-id.js';
import { isUuid, uuidOfPartial } from '../../platform/store/store-layout.js';
import { hashStream } from './hashed-copy.js';
import { type ImageRow, imageRowOf, imageRows, imageUuids } from './image-rows.js';

/** One thing about an image, or a file that belongs to none. */
export interface StoreFinding {
  /** The uuid, or the name in the image store. */
  name: string;
  finding: 'missing bytes' | 'wrong size' | 'wrong hash' | 'missing manifest' | 'wrong manifest' | 'stray' | 'placed by hand' | 'unfinished';
  detail: string;
  isWrong: boolean;
}

export interface VerifyWork {
  em: SqlEntityManager;
  store: FileStore;
  /** The folder of the image store. */
  root: string;
  onBytes(done: number, total: number): void;
}

/** Hashes all files. What changes meanwhile in a running gateway is looked at again before it is called wrong. */
export async function verifyImages(work: VerifyWork): Promise<{ findings: StoreFinding[]; files: number; bytes: number }> {
  // First the files and then the rows: a row is there before its file.
  const entries = await entriesOf(work.root);
  const uuids = new Set(entries.filter((entry) => entry.isDirectory() && isUuid(entry.name)).map(({ name }) => name));
  const known = await imageUuids(work.em);
  const run = new Verification(work, await sizeOf(work.store, uuids));
  const findings: StoreFinding[] = [];
  for await (const row of imageRows(work.em)) findings.push(...(await run.image(row)));
  for (const uuid of uuids) if (!known.has(uuid)) findings.push(...(await run.placedByHand(uuid)));
  for (const entry of entries) findings.push(...(await run.otherEntry(entry)));
  for (const uuid of uuids) findings.push(...(await run.strayFiles(uuid)));
  return { findings, files: run.files, bytes: run.done };
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
}

async function sizeOf(store: FileStore, uuids: ReadonlySet<string>): Promise<number> {
  let total = 0;
  for (const uuid of uuids) total += (await store.statFile(uuid))?.size ?? 0;
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
    return now?.status === 'OK' && now.sha256 === row.sha256 ? found : [];
  }

  async placedByHand(uuid: string): Promise<StoreFinding[]> {
    const manifest = await this.work.store.readManifest(uuid);
    const readable = await this.work.store.readFile(uuid);
    if (manifest === null || readable === null) {
      readable?.destroy();
      // Deleted meanwhile.
      if (!(await isFolder(join(this.work.root, uuid)))) return [];
      return [wrong(uuid, 'stray', `no image has this uuid, and it has no ${manifest === null ? 'manifest' : 'file'}`)];
    }
    const { hash, size } = await this.#hash(readable, 'sha1');
    const said = fileOf(manifest);
    if (said !== null && said.size === size && said.sha1 === hash) return [{ name: uuid, finding: 'placed by hand', detail: 'no image has this uuid; it can be imported from the local repository', isWrong: false }];
    return [wrong(uuid, 'wrong manifest', `no image has this uuid; its file has ${size} bytes and sha1 ${hash}, its manifest says ${said === null ? 'nothing' : `${said.size} and ${said.sha1}`}`)];
  }

  async otherEntry({ name }: Dirent): Promise<StoreFinding[]> {
    if (isUuid(name) || name === STORE_ID_FILE) return [];
    const uuid = uuidOfPartial(name);
    if (uuid !== null && (await this.#isWorkedOn(uuid))) return [{ name, finding: 'unfinished', detail: 'a task works on it', isWrong: false }];
    // It may be gone by now: a file of a moment.
    if (!(await entriesOf(this.work.root)).some((entry) => entry.name === name)) return [];
    return [wrong(name, 'stray', uuid === null ? 'not of the image store' : 'no task works on it; the next start removes it')];
  }

  async strayFiles(uuid: string): Promise<StoreFinding[]> {
    const others = (await entriesOf(join(this.work.root, uuid))).filter(({ name }) => !['file', 'manifest'].includes(name));
    return others.map(({ name }) => wrong(`${uuid}/${name}`, 'stray', 'not of the image store'));
  }

  async #bytes({ uuid, size, sha256 }: ImageRow): Promise<StoreFinding[]> {
    const readable = await this.work.store.readFile(uuid);
    if (readable === null) return [wrong(uuid, 'missing bytes', `the image has ${size} bytes in the database`)];
    const found = await this.#hash(readable, 'sha256');
    if (found.size !== size) return [wrong(uuid, 'wrong size', `${found.size} bytes, ${size} in the database`)];
    return found.hash === sha256 ? [] : [wrong(uuid, 'wrong hash', `sha256 ${found.hash}, ${sha256} in the database`)];
  }

  async #manifest({ uuid, size, sha1 }: ImageRow): Promise<StoreFinding[]> {
    const text = await this.work.store.readManifest(uuid);
    if (text === null) return [wrong(uuid, 'missing manifest', '')];
    const said = fileOf(text);
    return said !== null && said.size === size && said.sha1 === sha1 ? [] : [wrong(uuid, 'wrong manifest', `it names ${said === null ? 'no file' : `a file of ${said.size} bytes with sha1 ${said.sha1}`}; ${size} and ${sha1} in the database`)];
  }

  async #hash(readable: NonNullable<Awaited<ReturnType<FileStore['readFile']>>>, algorithm: 'sha1' | 'sha256'): Promise<{ hash: string; size: number }> {
    this.files += 1;
    return hashStream(readable, algorithm, (bytes) => {
      this.done += bytes;
      this.work.onBytes(this.done, Math.max(this.total, this.done));
    });
  }

  async #isWorkedOn(uuid: string): Promise<boolean> {
    const rows = await readRows<[found: number]>(this.work.em, sqlText`select 1 as found from image where uuid = ${uuid} and status = 'PENDING'`);
    return rows.length > 0;
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
