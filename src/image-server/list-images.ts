import { isSqlite, type SqlEntityManager } from '../platform/database/database.js';
import { AdaptiveBatchSize } from '../platform/scheduling/adaptive-batch-size.js';
import { findPosition, type ListPosition, toListPosition, readSpan, toServedImage, spanEnd, type ListStart } from './catalogue.js';
import type { EventLoopQueue } from '../platform/scheduling/event-loop-queue.js';
import { type ListQuery, matchesManifest } from './list-query.js';

/** Times before and after every JavaScript date. */
const BEFORE_ALL_DATES = -8.64e15 - 1;
const AFTER_ALL_DATES = 8.64e15 + 1;
/** The range of one step in images, adapted to the time that steps take: a manifest has 1 kB to 1 MiB. */
const STEPS = { firstRows: 32, mostRows: 1024, quickMs: 2, slowMs: 5 };
/** Characters; a shorter text waits for the next step, so that a selective filter does not cause one write per step. */
const MIN_CHUNK_LENGTH = 16_384;

/** What all steps of a list share. */
export interface ListContext {
  em: SqlEntityManager;
  query: ListQuery;
  isTrusted: boolean;
  queue: EventLoopQueue;
  /** Called after each step with the number of images that it scanned and that it returned. */
  onStep: (scanned: number, returned: number) => void;
}

/** Where the list starts; null when the marker is an image that this caller cannot see. */
export async function startOf({ em, query, isTrusted }: Pick<ListContext, 'em' | 'query' | 'isTrusted'>): Promise<ListStart | null> {
  const { marker, descending } = query;
  if (marker === null) return { publishedAt: descending ? AFTER_ALL_DATES : BEFORE_ALL_DATES, uuid: '', isIncluded: false };
  // Every uuid is greater than the empty string: an ascending list includes the marker's instant, a descending one excludes the next.
  if (typeof marker === 'number') return { publishedAt: descending ? marker + 1 : marker, uuid: '', isIncluded: false };
  const position = await findPosition(em, marker, isTrusted);
  return position === null ? null : { ...position, isIncluded: true };
}

interface Step {
  /** The matching manifests, as JSON. */
  texts: string[];
  /** Null at the end of the list. */
  next: ListPosition | null;
}

/** Reads the next range of the list. The database applies the conditions on columns, this function those on manifests. */
async function readStep({ em, query, isTrusted, onStep }: ListContext, from: ListStart, batchSize: AdaptiveBatchSize, left: number): Promise<Step> {
  const { rows: scanned } = batchSize;
  let began = process.threadCpuUsage();
  const upTo = await spanEnd(em, query, isTrusted, { from, rows: scanned });
  const most = query.manifest.length === 0 ? Math.min(scanned, left) : scanned;
  const rows = await readSpan(em, query, isTrusted, { from, upTo, most });
  // Count the statements for SQLite only, which runs them on this thread; while Postgres runs them, this thread does other work.
  if (!isSqlite(em)) began = process.threadCpuUsage();
  const texts: string[] = [];
  for (const row of rows) {
    const { manifest } = toServedImage(row, isTrusted);
    if (texts.length < left && matchesManifest(query, manifest)) texts.push(JSON.stringify(manifest));
  }
  const { user, system } = process.threadCpuUsage(began);
  batchSize.adjust({ ms: 0, cpuMs: (user + system) / 1000 });
  onStep(scanned, texts.length);
  const last = rows.at(-1);
  // Images added between the two statements may have pushed others beyond the limit.
  return { texts, next: last !== undefined && rows.length === most ? toListPosition(last) : upTo };
}

/**
 * Generates the JSON text of ListImages in steps: each scans a bounded range of an index, waits in the queue, and starts only once the
 * text of the step before it is sent. Leaves out images that are removed meanwhile; returns none twice.
 */
export async function* listImages(context: ListContext, start: ListStart): AsyncGenerator<string> {
  const { query, queue } = context;
  const batchSize = new AdaptiveBatchSize(STEPS);
  let left = query.limit ?? Infinity;
  let next: ListStart | null = query.access.length === 0 ? null : start;
  let separator = '\n';
  let text = '[';
  while (next !== null && left > 0) {
    const from: ListStart = next;
    const step = await queue.run('', () => readStep(context, from, batchSize, left));
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
