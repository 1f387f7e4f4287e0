import { AdaptiveBatchSize } from '../../platform/scheduling/adaptive-batch-size.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { readObjects } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import type { RowOf } from '../../platform/database/tables.js';
import { writeAtOnce } from '../../platform/database/write-rows.js';
import { giveBack, growingBuffer } from '../../platform/memory/growing-buffer.js';
import { UuidTable } from '../../platform/memory/uuid-table.js';
import { type Attempt, isPresentAttempt } from '../../tasks/runner/claims.js';
import type { ImageRepository } from '../image-repository.entity.js';
import { OPEN_GENERATION } from '../entries/repository-image.entity.js';
import { closeEntries, deleteEntries } from './entry-writes.js';

/** Hexadecimal digits of a content hash that are compared: 64 bits tell two versions of one image apart. */
const HASH_DIGITS = 16;
const INITIAL_CAPACITY = 1024;

/** The entries that readers see now, indexed by uuid; typed arrays, as half a million entries must fit into memory. */
export class CurrentGeneration implements Disposable {
  readonly uuids = new UuidTable();
  readonly #ids = new Float64Array(growingBuffer(INITIAL_CAPACITY * Float64Array.BYTES_PER_ELEMENT));
  readonly #hashes = new Uint32Array(growingBuffer(INITIAL_CAPACITY * 2 * Uint32Array.BYTES_PER_ELEMENT));
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(uuid: string, id: number, hash: string): void {
    if (!this.uuids.add(uuid).isNew) throw new Error(`The current generation has ${uuid} twice.`);
    if (this.#size === this.#ids.length) this.#grow();
    this.#ids[this.#size] = id;
    this.#hashes[this.#size * 2] = firstHalf(hash);
    this.#hashes[this.#size * 2 + 1] = secondHalf(hash);
    this.#size += 1;
  }

  /** The row of the entry that was added at this index. */
  idAt(index: number): number {
    return this.#ids[index] ?? 0;
  }

  hasHash(index: number, hash: string): boolean {
    return this.#hashes[index * 2] === firstHalf(hash) && this.#hashes[index * 2 + 1] === secondHalf(hash);
  }

  /** Frees the memory at once, without waiting for the garbage collector; nothing may be asked afterwards. */
  [Symbol.dispose](): void {
    this.uuids[Symbol.dispose]();
    giveBack(this.#ids);
    giveBack(this.#hashes);
  }

  #grow(): void {
    for (const { buffer } of [this.#ids, this.#hashes]) buffer.resize(buffer.byteLength * 2);
  }
}

function firstHalf(hash: string): number {
  return Number.parseInt(hash.slice(0, HASH_DIGITS / 2), 16);
}

function secondHalf(hash: string): number {
  return Number.parseInt(hash.slice(HASH_DIGITS / 2, HASH_DIGITS), 16);
}

type StoredEntry = RowOf<'repository_image', 'o.id' | 'o.uuid' | 'o.from_generation' | 'o.to_generation' | 'o.content_hash'>;

/** Where a batch ended, in the order of the unique index. */
type Position = readonly [uuid: string, fromGeneration: number];

/**
 * Reads the entries of a generation, and repairs what a killed refresh left behind: deletes entries that were never shown or
 * no longer are, and reopens those that it had closed. Only the one refresh of the repository may call it; an attempt that is not the
 * present one repairs nothing.
 */
export async function readCurrentGeneration(em: SqlEntityManager, { id: repositoryId, generation }: Pick<ImageRepository, 'id' | 'generation'>, attempt: Attempt): Promise<CurrentGeneration> {
  const current = new CurrentGeneration();
  const batchSize = new AdaptiveBatchSize();
  let after: Position | null = ['', 0];
  while (after !== null) {
    const position: Position = after;
    after = await batchSize.runBatch(async () => {
      const entries = await entriesAfter(em, repositoryId, position, batchSize.rows);
      for (const entry of entries) if (isShown(entry, generation)) current.add(entry.uuid, entry.id, entry.content_hash);
      await repairEntries(em, entries, generation, attempt);
      const last = entries.at(-1);
      return last === undefined ? null : ([last.uuid, last.from_generation] as const);
    });
  }
  return current;
}

async function entriesAfter(em: SqlEntityManager, repositoryId: number, [uuid, from]: Position, limit: number): Promise<StoredEntry[]> {
  return readObjects<StoredEntry>(em, sqlText`select o.id, o.uuid, o.from_generation, o.to_generation, o.content_hash
    from repository_image o where o.repository_id = ${repositoryId} and (o.uuid, o.from_generation) > (${uuid}, ${from})
    order by o.uuid, o.from_generation limit ${limit}`);
}

function isShown(entry: StoredEntry, generation: number): boolean {
  return entry.from_generation <= generation && generation < entry.to_generation;
}

async function repairEntries(em: SqlEntityManager, entries: readonly StoredEntry[], generation: number, attempt: Attempt): Promise<void> {
  const hidden = entries.filter((entry) => !isShown(entry, generation));
  const closed = entries.filter((entry) => isShown(entry, generation) && entry.to_generation !== OPEN_GENERATION);
  const isPresent = sqlText`exists (select 1 from task where ${isPresentAttempt(attempt)})`;
  if (hidden.length > 0) await writeAtOnce(em, sqlText`${deleteEntries(em, hidden.map(({ id }) => id))} and ${isPresent}`);
  if (closed.length > 0) await writeAtOnce(em, sqlText`${closeEntries(em, closed.map(({ id }) => id), OPEN_GENERATION)} and ${isPresent}`);
}
