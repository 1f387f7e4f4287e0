export interface SkippedEntry {
  /** Null when the entry does not even say. */
  uuid: string | null;
  reason: string;
}

const MAX_LISTED = 50;

/** Counts the entries that a load leaves out, and keeps the first 50 of them with their reasons. */
export class SkippedEntries {
  count = 0;
  readonly listed: SkippedEntry[] = [];

  add(uuid: string | null, reason: string): void {
    this.count += 1;
    if (this.listed.length < MAX_LISTED) this.listed.push({ uuid, reason });
  }
}
