import { isSqlite, type SqlEntityManager } from '../platform/database/database.js';
import { AdaptiveBatchSize } from '../platform/scheduling/adaptive-batch-size.js';
import { findPosition, type ListPosition, toListPosition, readSpan, toServedImage, spanEnd, type ListStart } from './catalogue.js';
import type { EventLoopQueue } from '../platform/scheduling/event-loop-queue.js';
import { type ListQuery, matchesManifest } from './list-query.js';

/** Instants beyond all that JavaScript has. */
const BEFORE_ALL_DATES = -8.64e15 - 1;
const AFTER_ALL_DATES = 8.64e15 + 1;
/** How many images one step passes over; the clock decides, as manifests are of 1 kB or of 1 MiB. */
const STEPS = { firstRows: 32, mostRows: 1024, quickMs: 2, slowMs: 5 };
/** Characters; fewer wait for the next step, so that a filter which few images pass does not cost a write for each step. */
const MIN_CHUNK_LENGTH = 16_384;

/** What the steps of a list share. */
export interface ListContext {
  em: SqlEntityManager;
  query: ListQuery;
  isTrusted: boolean;
  queue: EventLoopQueue;
  /** Called after each step with how many images it passed over, and how many of them it answers. */
  onStep: (passed: number, answered: number) => void;
}

/** Where the list begins; null when the marker is an image that is not there for this caller. */
export async function startOf({ em, query, isTrusted }: Pick<ListContext, 'em' | 'query' | 'isTrusted'>): Promise<ListStart | null> {
  const { marker, descending } = query;
  if (marker === null) return { publishedAt: descending ? AFTER_ALL_DATES : BEFORE_ALL_DATES, uuid: '', isIncluded: false };
  // Every uuid is greater than the empty one, so that an ascending list has the instant and a descending one lacks the next.
  if (typeof marker === 'number') return { publishedAt: descending ? marker + 1 : marker, uuid: '', isIncluded: false };
  const position = await findPosition(em, marker, isTrusted);
  return position === null ? null : { ...position, isIncluded: true };
}

interface Step {
  /** The manifests found, as JSON. */
  texts: string[];
  /** Null: the list ends here. */
  next: ListPosition | null;
}

/** Reads the next span. What only manifests tell is looked at here; everything else the database has decided. */
async function readStep({ em, query, isTrusted, onStep: spent }: ListContext, from: ListStart, pace: AdaptiveBatchSize, left: number): Promise<Step> {
  const { rows: passed } = pace;
  let began = process.threadCpuUsage();
  const upTo = await spanEnd(em, query, isTrusted, { from, rows: passed });
  const most = query.manifest.length === 0 ? Math.min(passed, left) : passed;
  const rows = await readSpan(em, query, isTrusted, { from, upTo, most });
  // SQLite works on this thread; while Postgres works elsewhere, this thread works for others.
  if (!isSqlite(em)) began = process.threadCpuUsage();
  const texts: string[] = [];
  for (const row of rows) {
    const { manifest } = toServedImage(row);
    if (texts.length < left && matchesManifest(query, manifest)) texts.push(JSON.stringify(manifest));
  }
  const { user, system } = process.threadCpuUsage(began);
  pace.adjust({ ms: 0, cpuMs: (user + system) / 1000 });
  spent(passed, texts.length);
  const last = rows.at(-1);
  // Images that came into the span between the two statements may have pushed others out of the limit.
  return { texts, next: last !== undefined && rows.length === most ? toListPosition(last) : upTo };
}

/**
 * ListImages as JSON text, step by step: each step passes over a bounded span of an index, waits for its turn on the event loop, and
 * is not taken before the one before it was sent. An image that is removed meanwhile is left out; none comes twice.
 */
export async function* listImages(reading: ListContext, start: ListStart): AsyncGenerator<string> {
  const { query, queue: turns } = reading;
  const pace = new AdaptiveBatchSize(STEPS);
  let left = query.limit ?? Infinity;
  let next: ListStart | null = query.access.length === 0 ? null : start;
  let separator = '\n';
  let text = '[';
  while (next !== null && left > 0) {
    const from: ListStart = next;
    const step = await turns.run('', () => readStep(reading, from, pace, left));
    if (step.texts.length > 0) {
      text += separator + step.texts.join(',\n');
      separator = ',\n';
    }
    left -= step.texts.length;
    next = step.next === null ? null : { ...step.next, isIncluded: false };
    if (text.length < MIN_CHUNK_LENGTH) continue;
    yield text;
    text = '';
  }
  yield `${text}]\n`;
}
