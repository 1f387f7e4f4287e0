import { giveBack, growingBuffer } from '../../platform/memory/growing-buffer.js';
import { UuidTable } from '../../platform/memory/uuid-table.js';

/** What an entry of the new list is, compared with the present one; `replaces` is the row it takes the place of. */
export type EntryChange = { kind: 'unchanged' } | { kind: 'duplicate' } | { kind: 'added' } | { kind: 'changed'; replaces: number };

/** What became of a row of the present list, as far as is known. */
const [UNSEEN, SAME, CHANGED] = [0, 1, 2] as const;

/** Hexadecimal digits of a content hash that tell two versions of one image apart: 64 bits. */
const HASH_DIGITS = 16;
const INITIAL_CAPACITY = 1024;

/** The list that is shown now, by uuid: half a million images must fit. */
export class CurrentGeneration implements Disposable {
  readonly uuids = new UuidTable();
  readonly #ids = new Float64Array(growingBuffer(INITIAL_CAPACITY * Float64Array.BYTES_PER_ELEMENT));
  readonly #hashes = new Uint32Array(growingBuffer(INITIAL_CAPACITY * 2 * Uint32Array.BYTES_PER_ELEMENT));
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(uuid: string, id: number, hash: string): void {
    if (!this.uuids.add(uuid).isNew) throw new Error(`The present list has ${uuid} twice.`);
    if (this.#size === this.#ids.length) this.#grow();
    this.#ids[this.#size] = id;
    this.#hashes[this.#size * 2] = firstHalf(hash);
    this.#hashes[this.#size * 2 + 1] = secondHalf(hash);
    this.#size += 1;
  }

  idAt(place: number): number {
    return this.#ids[place] ?? 0;
  }

  hasHash(place: number, hash: string): boolean {
    return this.#hashes[place * 2] === firstHalf(hash) && this.#hashes[place * 2 + 1] === secondHalf(hash);
  }

  /** Gives its memory back at once; it is of no use after that. */
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

/**
 * Compares a new list with the present one, entry by entry, by uuid and hash of the content. Of entries with the same
 * uuid the first one counts. Takes the present list over: its uuids grow by those that are new.
 */
export class ListDiff {
  readonly #fates: Uint8Array;
  readonly counts = { total: 0, added: 0, changed: 0 };

  constructor(private readonly current: CurrentGeneration) {
    this.#fates = new Uint8Array(current.size);
  }

  classify(uuid: string, hash: string): EntryChange {
    const { place, isNew } = this.current.uuids.add(uuid);
    if (isNew) {
      this.counts.total += 1;
      this.counts.added += 1;
      return { kind: 'added' };
    }
    if (place >= this.current.size || this.#fates[place] !== UNSEEN) return { kind: 'duplicate' };
    this.counts.total += 1;
    const isSame = this.current.hasHash(place, hash);
    this.#fates[place] = isSame ? SAME : CHANGED;
    if (isSame) return { kind: 'unchanged' };
    this.counts.changed += 1;
    return { kind: 'changed', replaces: this.current.idAt(place) };
  }

  /** Rows of the present list that the new one did not mention; to be asked once the new list is read to its end. */
  removedIds(): Float64Array {
    return this.#idsOf((fate) => fate === UNSEEN);
  }

  /** Rows of the present list that the new one does not show: removed or changed. */
  supersededIds(): Float64Array {
    return this.#idsOf((fate) => fate !== SAME);
  }

  #idsOf(isMeant: (fate: number | undefined) => boolean): Float64Array {
    const ids = new Float64Array(this.#fates.reduce((count, fate) => count + Number(isMeant(fate)), 0));
    let at = 0;
    for (let place = 0; place < this.#fates.length; place += 1) {
      if (isMeant(this.#fates[place])) ids[at++] = this.current.idAt(place);
    }
    return ids;
  }
}
