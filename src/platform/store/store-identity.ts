import { randomUUID } from 'node:crypto';
import { AppError } from '../errors.js';
import { truncate } from '../message-text.js';
import { type FileKey, isUuid } from './file-key.js';
import { isStoreFull } from './free-space.js';
import { STORE_ID_FILE, type StoreMark } from './store-mark.js';

/** What the database knows of the store that the catalogue was written with. */
export interface StoreRecord {
  /** Its id; null before the first start with a store. */
  readId(): Promise<string | null>;
  /** The id that a store without one gets, also once it is recorded; null before it was proposed. */
  readProposal(): Promise<string | null>;
  /** Proposes an id unless one is proposed or recorded already; returns the one that is then. */
  proposeId(id: string): Promise<string>;
  /** Records the id in place of the proposal, unless one is recorded already; returns the one that is recorded then. */
  recordId(id: string): Promise<string>;
  /** Keys of the files of images, at most `limit`. */
  filesInStore(limit: number): Promise<FileKey[]>;
}

/** Tells whether a store is the one that it should be. */
export interface StoreIdentity {
  /** Throws STORE_MISMATCH when the store is absent, empty or another one than the catalogue was written with. */
  demand(): Promise<void>;
  /** The same, but takes nothing over and writes nothing. */
  compare(): Promise<void>;
}

/** Files of the catalogue that are looked for before a store without an id is taken over: one that is found is enough. */
const FILES_LOOKED_FOR = 1000;

function storeMismatch({ location: where }: StoreMark, reason: string): AppError {
  const message = `The image store ${where} is not the one that this catalogue was written with: ${reason}. Mount or name the right one (IMAGE_STORE), or accept this one with "image-gateway store adopt".`;
  return new AppError('STORE_MISMATCH', message);
}

async function demandId(mark: StoreMark, expected: string): Promise<void> {
  const found = await mark.readId();
  if (found === expected) return;
  if (found !== null) throw storeMismatch(mark, `its id is ${truncate(found)}, and ${expected} is expected`);
  if (await mark.exists()) throw storeMismatch(mark, `it has no id (${STORE_ID_FILE}), and ${expected} is expected`);
  throw storeMismatch(mark, mark.location.startsWith('s3:') ? 'there is no such bucket' : 'there is no such folder');
}

/** The identity by an id that is known already; null accepts every store. */
export function knownIdentity(mark: StoreMark, id: string | null): StoreIdentity {
  const compare = async (): Promise<void> => (id === null ? undefined : demandId(mark, id));
  return { demand: compare, compare };
}

/**
 * Compares the id in the store with the one in the database. Where the database has none yet, the store is taken over: it is made if
 * the catalogue has no files, and both get the same id. A catalogue with files accepts only a store that has some of them, and one without
 * files only a store that has no id: that of another catalogue is refused though it is empty, as both would write to it. The id is proposed
 * in the database first, so that a start that was killed between the two is finished by the next one.
 */
export class RecordedIdentity implements StoreIdentity {
  constructor(
    private readonly mark: StoreMark,
    private readonly record: StoreRecord,
  ) {}

  async demand(): Promise<void> {
    const expected = await this.record.readId();
    if (expected === null) await this.#takeOver();
    else await demandId(this.mark, expected);
  }

  async compare(): Promise<void> {
    const expected = await this.record.readId();
    if (expected === null) await this.#requireOwn(await this.mark.readId(), await this.record.readProposal());
    else await demandId(this.mark, expected);
  }

  async #takeOver(): Promise<void> {
    const found = await this.mark.readId();
    await this.#requireOwn(found, await this.record.readProposal());
    try {
      const proposal = await this.record.proposeId(randomUUID());
      await this.mark.make();
      const id = found ?? (await this.mark.writeId(proposal));
      if (id === null) return;
      // Another catalogue may have been first.
      if (found === null) await this.#requireOwn(id, proposal);
      await demandId(this.mark, await this.record.recordId(id));
    } catch (error) {
      // A store that is full can still be read, and images be deleted from it; a later check writes the id.
      if (!isStoreFull(error)) throw error;
    }
  }

  async #requireOwn(found: string | null, proposal: string | null): Promise<void> {
    const files = await this.record.filesInStore(FILES_LOOKED_FOR);
    if (files.length > 0) {
      if (!(await hasOneOf(this.mark, files))) throw storeMismatch(this.mark, 'it has no file of the images of the catalogue');
    } else if (found !== null && found !== proposal) {
      throw storeMismatch(this.mark, `it has the id (${truncate(found)}) of another catalogue`);
    }
  }
}

/** Accepts a store as that of the catalogue: makes its folder and its id if they are missing. Returns the id, for the database. */
export async function adoptStore(mark: StoreMark): Promise<string> {
  await mark.make();
  const id = (await mark.readId()) ?? (await mark.writeId(randomUUID()));
  if (id === null || !isUuid(id)) throw storeMismatch(mark, `its ${STORE_ID_FILE} is damaged; remove that file first`);
  return id;
}

/** How many of these files are in the store. */
export async function filesThere(mark: StoreMark, keys: readonly FileKey[]): Promise<number> {
  let there = 0;
  for (const key of keys) if (await mark.hasFile(key)) there += 1;
  return there;
}

async function hasOneOf(mark: StoreMark, keys: readonly FileKey[]): Promise<boolean> {
  for (const key of keys) if (await mark.hasFile(key)) return true;
  return false;
}
