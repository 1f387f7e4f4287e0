import type { CurrentGeneration } from './current-generation.js';

/** How an entry of the list differs from the current generation; `replaces` is the id of the row that it supersedes. */
export type EntryChange = { kind: 'unchanged' } | { kind: 'duplicate' } | { kind: 'added' } | { kind: 'changed'; replaces: number };

/** What the list says about each entry of the current generation, as far as it has been read. */
const [UNSEEN, SAME, CHANGED] = [0, 1, 2] as const;

/**
 * Compares a list with the current generation, entry by entry, by uuid and content hash. Of entries with the same uuid the
 * first one counts. It owns the generation from then on, and adds new uuids to it.
 */
export class ListDiff {
  readonly #states: Uint8Array;
  readonly counts = { total: 0, added: 0, changed: 0 };

  constructor(private readonly current: CurrentGeneration) {
    this.#states = new Uint8Array(current.size);
  }

  classify(uuid: string, hash: string): EntryChange {
    const { place: index, isNew } = this.current.uuids.add(uuid);
    if (isNew) {
      this.counts.total += 1;
      this.counts.added += 1;
      return { kind: 'added' };
    }
    if (index >= this.current.size || this.#states[index] !== UNSEEN) return { kind: 'duplicate' };
    this.counts.total += 1;
    const isSame = this.current.hasHash(index, hash);
    this.#states[index] = isSame ? SAME : CHANGED;
    if (isSame) return { kind: 'unchanged' };
    this.counts.changed += 1;
    return { kind: 'changed', replaces: this.current.idAt(index) };
  }

  /** Rows of the current generation that the list does not have; call it once the whole list is read. */
  removedIds(): Float64Array {
    return this.#idsWhere((state) => state === UNSEEN);
  }

  /** Rows of the current generation that the list has removed or changed. */
  supersededIds(): Float64Array {
    return this.#idsWhere((state) => state !== SAME);
  }

  #idsWhere(matches: (state: number | undefined) => boolean): Float64Array {
    const ids = new Float64Array(this.#states.reduce((count, state) => count + Number(matches(state)), 0));
    let at = 0;
    for (let index = 0; index < this.#states.length; index += 1) {
      if (matches(this.#states[index])) ids[at++] = this.current.idAt(index);
    }
    return ids;
  }
}
