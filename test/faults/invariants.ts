import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultHistory } from './history.js';
import type { Rows } from './rows.js';

/** An image whose task nobody runs is a fault after so long, counted while a worker and the database are there. */
const LONGEST_PENDING_MS = 30_000;
const LOOK_MS = 500;
/** The most images that may be bound to the datacenter `tight`. */
export const TIGHT_LIMIT = 3;

/** Rules that hold at every moment; each query finds the rows that break one. */
const RULES: Record<string, string> = {
  'an image is bound only where it is attached, and once': 'select image_id as found from image_attachment where bound_image_id is not null group by image_id having count(*) > 1',
  'a datacenter has no more bound images than its limit': `select count(*) as found from image_attachment a join datacenter d on d.id = a.datacenter_id where d.name = 'tight' and a.bound_image_id is not null having count(*) > ${TIGHT_LIMIT}`,
  'a disk has an image of the catalogue': 'select v.image_id as found from virtual_disk v left join image i on i.id = v.image_id where v.image_id is not null and i.id is null',
  'one task at a time changes an image': `select image_id as found from task where finished_at is null and image_id is not null and action <> 'IMAGE_VERIFY' group by image_id having count(*) > 1`,
  'an image is PENDING only while a task works on it': `select i.name as found from image i where i.status = 'PENDING' and not exists (select 1 from task t where t.image_id = i.id and t.finished_at is null)`,
  'an image that is OK has its file': `select name as found from image where status = 'OK' and file_sha1 is null`,
  'a task ends once': `select task as found from fault_log where what in ('ended again', 'deleted')`,
  'a snapshot is PENDING only while an image is made of it': `select s.name as found from snapshot s where s.status = 'PENDING' and not exists (select 1 from task t where t.action = 'IMAGE_CREATE' and t.finished_at is null)`,
};

const ORPHANS = `select i.name as name, t.id as task, t.attempts as attempts, cast(t.claimed_until as float) as until from image i join task t on t.image_id = i.id and t.finished_at is null
  where i.status = 'PENDING' and t.action <> 'IMAGE_VERIFY' and (t.claimed_until is null or t.claimed_until < `;

/** The same for the PostgreSQL and the SQLite clock. */
function orphansOf({ isSqlite }: Rows): string {
  return `${ORPHANS}${isSqlite ? "unixepoch('subsec') * 1000" : 'extract(epoch from clock_timestamp()) * 1000'})`;
}

/** Looks all the time whether the rules hold. */
export class InvariantWatch {
  /** How often every rule was looked at. */
  looks = 0;
  /** The longest time that a PENDING image was without a live claim, in ms. */
  longestPendingMs = 0;
  readonly #pendingMs = new Map<string, number>();

  constructor(
    private readonly rows: Rows,
    private readonly history: FaultHistory,
    /** Whether some process runs tasks now. */
    private readonly hasWorker: () => boolean,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    for (let before = performance.now(); !signal.aborted; ) {
      await sleep(LOOK_MS);
      const hadWorker = this.hasWorker();
      const isThere = await this.look();
      const now = performance.now();
      await this.#lookAtClaims(hadWorker && isThere ? now - before : 0);
      before = now;
    }
  }

  /** False when the database does not answer. */
  async look(): Promise<boolean> {
    for (const [rule, sql] of Object.entries(RULES)) {
      const found = await this.rows.tryToRead<{ found: unknown }>(sql);
      if (found === null) return false;
      if (found.length > 0) this.history.broken(`The rule that ${rule} does not hold for ${found.slice(0, 5).map((row) => String(row.found)).join(', ')}.`);
    }
    this.looks += 1;
    return true;
  }

  async #lookAtClaims(elapsedMs: number): Promise<void> {
    const orphans = await this.rows.tryToRead<{ name: string; task: string; attempts: number; until: number | null }>(orphansOf(this.rows));
    if (orphans === null) return;
    const present = new Set(orphans.map(({ task }) => task));
    for (const task of this.#pendingMs.keys()) if (!present.has(task)) this.#pendingMs.delete(task);
    for (const { name, task, attempts, until } of orphans) {
      const waited = (this.#pendingMs.get(task) ?? 0) + elapsedMs;
      this.#pendingMs.set(task, waited);
      this.longestPendingMs = Math.max(this.longestPendingMs, waited);
      if (waited > LONGEST_PENDING_MS) this.history.broken(`Image ${name} is PENDING, and its task ${task} (attempt ${attempts}, claimed until ${until}) has had no live claim for ${LONGEST_PENDING_MS} ms.`);
    }
  }
}
