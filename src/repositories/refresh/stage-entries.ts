export interface SkippedEntry {
  /** Null when the entry does not even say. */
  uuid: string | null;
  reason: string;
}

const KEPT = 50;

/** Counts the entries that a load leaves out, and keeps the first 50 of them with their reasons. */
export class Skipped {
  count = 0;
  readonly kept: SkippedEntry[] = [];

  add(uuid: string | null, reason: string): void {
    this.count += 1;
    if (this.kept.length < KEPT) this.kept.push({ uuid, reason });
  }
}
