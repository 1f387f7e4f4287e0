import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.js';
import { truncate } from '../message-text.js';
import { isStoreFull } from './free-space.js';
import { makeFolder } from './make-folder.js';
import { isFolder, lstatOrNull } from './safe-open.js';
import { readStoreId, STORE_ID_FILE, writeStoreId } from './store-id.js';
import { isUuid } from './store-layout.js';

/** What the database knows of the store that the catalogue was written with. */
export interface StoreRecord {
  /** Its id; null before the first start with a store. */
  readId(): Promise<string | null>;
  /** Records the id unless one is recorded already; returns the one that is recorded then. */
  recordId(id: string): Promise<string>;
  /** Uuids of images that have a file in the store, at most `limit`. */
  filesInStore(limit: number): Promise<string[]>;
}

/** Tells whether a folder is the store that it should be. */
export interface StoreIdentity {
  /** Throws STORE_MISMATCH when the store is absent, empty or another one than the catalogue was written with. */
  demand(): Promise<void>;
  /** The same, but takes nothing over and writes nothing. */
  compare(): Promise<void>;
}

/** Files of the catalogue that are looked for before a store without an id is taken over: one that is found is enough. */
const FILES_LOOKED_FOR = 1000;

function storeMismatch(root: string, reason: string): AppError {
  const message = `The image store ${root} is not the one that this catalogue was written with: ${reason}. Mount or name the right one (IMAGE_STORE), or accept this one with "image-gateway store adopt".`;
  return new AppError('STORE_MISMATCH', message);
}

async function demandId(root: string, expected: string): Promise<void> {
  const found = await readStoreId(root);
  if (found === expected) return;
  if (found !== null) throw storeMismatch(root, `its id is ${truncate(found)}, and ${expected} is expected`);
  throw storeMismatch(root, (await isFolder(root)) ? `it has no id (${STORE_ID_FILE}), and ${expected} is expected` : 'there is no such folder');
}

/** The identity by an id that is known already; null accepts every store. */
export function knownIdentity(root: string, id: string | null): StoreIdentity {
  const compare = async (): Promise<void> => (id === null ? undefined : demandId(root, id));
  return { demand: compare, compare };
}

/**
 * Compares the id in the store with the one in the database. Where the database has none yet, the store is taken over: its folder is
 * made if the catalogue has no files, and both get the same id. A catalogue with files accepts only a store that has some of them.
 */
export class RecordedIdentity implements StoreIdentity {
  constructor(
    private readonly root: string,
    private readonly record: StoreRecord,
  ) {}

  async demand(): Promise<void> {
    const expected = await this.record.readId();
    if (expected === null) await this.#takeOver();
    else await demandId(this.root, expected);
  }

  async compare(): Promise<void> {
    const expected = await this.record.readId();
    if (expected === null) await this.#requireOwn(await readStoreId(this.root));
    else await demandId(this.root, expected);
  }

  async #takeOver(): Promise<void> {
    const found = await readStoreId(this.root);
    await this.#requireOwn(found);
    try {
      await makeFolder(this.root);
      const id = found ?? (await writeStoreId(this.root, randomUUID()));
      if (id !== null) await demandId(this.root, await this.record.recordId(id));
    } catch (error) {
      // A store that is full can still be read, and images be deleted from it; a later check writes the id.
      if (!isStoreFull(error)) throw error;
    }
  }

  async #requireOwn(found: string | null): Promise<void> {
    const uuids = await this.record.filesInStore(FILES_LOOKED_FOR);
    if (uuids.length > 0) {
      if (!(await hasOneOf(this.root, uuids))) throw storeMismatch(this.root, 'it has no file of the images of the catalogue');
    } else if (found !== null && (await holdsImages(this.root))) {
      throw storeMismatch(this.root, `it has the images and the id (${truncate(found)}) of another catalogue`);
    }
  }
}

/**
 * Accepts the store in a folder as that of the catalogue: makes the folder and the id if they are missing. Returns the id, for the
 * database.
 */
export async function adoptStore(root: string): Promise<string> {
  await makeFolder(root);
  const id = (await readStoreId(root)) ?? (await writeStoreId(root, randomUUID()));
  if (id === null || !isUuid(id)) throw storeMismatch(root, `its ${STORE_ID_FILE} is damaged; remove that file first`);
  return id;
}

/** How many of these images have their file in the folder. */
export async function filesThere(root: string, uuids: readonly string[]): Promise<number> {
  let there = 0;
  for (const uuid of uuids) if (await hasFile(root, uuid)) there += 1;
  return there;
}

async function hasOneOf(root: string, uuids: readonly string[]): Promise<boolean> {
  for (const uuid of uuids) if (await hasFile(root, uuid)) return true;
  return false;
}

async function hasFile(root: string, uuid: string): Promise<boolean> {
  return (await lstatOrNull(join(root, uuid, 'file')))?.isFile() ?? false;
}

async function holdsImages(root: string): Promise<boolean> {
  return (await readdir(root)).some(isUuid);
}
