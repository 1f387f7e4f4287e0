import { UuidTable } from '../platform/uuid-table.js';

/** What an entry of the new list is, compared with the present one; `replaces` is the row it takes the place of. */
export type Finding = { kind: 'unchanged' } | { kind: 'duplicate' } | { kind: 'added' } | { kind: 'changed'; replaces: number };

/** Hexadecimal digits of a content hash that tell two versions of one image apart: 64 bits. */
const KEPT_DIGITS = 16;

/** The list that is shown now, by uuid: a hundred bytes for each image, as half a million of them must fit. */
export class PresentList {
  readonly uuids = new UuidTable();
  readonly ids: number[] = [];
  readonly #hashes: number[] = [];

  add(uuid: string, id: number, hash: string): void {
    if (!this.uuids.add(uuid).isNew) throw new Error(`The present list has ${uuid} twice.`);
    this.ids.push(id);
    this.#hashes.push(...halves(hash));
  }

  hasHash(place: number, hash: string): boolean {
    const [first, second] = halves(hash);
    return this.#hashes[place * 2] === first && this.#hashes[place * 2 + 1] === second;
  }
}

function halves(hash: string): [number, number] {
  return [Number.parseInt(hash.slice(0, KEPT_DIGITS / 2), 16), Number.parseInt(hash.slice(KEPT_DIGITS / 2, KEPT_DIGITS), 16)];
}

/**
 * Compares a new list with the present one, entry by entry, by uuid and hash of the content. Of entries with the same
 * uuid the first one counts. Takes the present list over: its uuids grow by those that are new.
 */
export class ListDiff {
  readonly #seen: Uint8Array;
  readonly counts = { total: 0, added: 0, changed: 0 };

  constructor(private readonly present: PresentList) {
    this.#seen = new Uint8Array(present.ids.length);
  }

  take(uuid: string, hash: string): Finding {
    const { place, isNew } = this.present.uuids.add(uuid);
    const id = this.present.ids[place];
    if (isNew) {
      this.counts.total += 1;
      this.counts.added += 1;
      return { kind: 'added' };
    }
    if (id === undefined || this.#seen[place] === 1) return { kind: 'duplicate' };
    this.#seen[place] = 1;
    this.counts.total += 1;
    if (this.present.hasHash(place, hash)) return { kind: 'unchanged' };
    this.counts.changed += 1;
    return { kind: 'changed', replaces: id };
  }

  /** Rows of the present list that the new one did not mention; to be asked once the new list is read to its end. */
  removed(): number[] {
    return this.present.ids.filter((_id, place) => this.#seen[place] === 0);
  }
}
