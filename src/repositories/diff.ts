/** An image of the list that is shown now. */
export interface PresentEntry {
  id: number;
  hash: string;
}

/** What an entry of the new list is, compared with the present one; `replaces` is the row it takes the place of. */
export type Finding = { kind: 'unchanged' } | { kind: 'duplicate' } | { kind: 'added' } | { kind: 'changed'; replaces: number };

/**
 * Compares a new list with the present one, entry by entry, by uuid and hash of the content. Of entries with the same
 * uuid the first one counts.
 */
export class ListDiff {
  readonly #seen = new Set<string>();
  readonly counts = { total: 0, added: 0, changed: 0 };

  constructor(private readonly present: ReadonlyMap<string, PresentEntry>) {}

  take(uuid: string, hash: string): Finding {
    if (this.#seen.has(uuid)) return { kind: 'duplicate' };
    this.#seen.add(uuid);
    this.counts.total += 1;
    const before = this.present.get(uuid);
    if (before === undefined) {
      this.counts.added += 1;
      return { kind: 'added' };
    }
    if (before.hash === hash) return { kind: 'unchanged' };
    this.counts.changed += 1;
    return { kind: 'changed', replaces: before.id };
  }

  /** Rows of the present list that the new one did not mention; to be asked once the new list is read to its end. */
  removed(): number[] {
    return [...this.present].filter(([uuid]) => !this.#seen.has(uuid)).map(([, entry]) => entry.id);
  }
}
