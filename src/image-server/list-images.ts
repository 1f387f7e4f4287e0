import type { SqlEntityManager } from '../platform/database.js';
import { Pace } from '../repositories/pace.js';
import { findPosition, type Position, readSpan, type ServedImage, spanEnd, type Start } from './catalogue.js';
import type { EventLoopTurns } from './event-loop-turns.js';
import { type ListQuery, matchesManifest } from './list-query.js';

/** Instants beyond all that JavaScript has. */
const BEFORE_ALL = -8.64e15 - 1;
const AFTER_ALL = 8.64e15 + 1;
/** How many images one step passes over; the clock decides, as manifests are of 1 kB or of 1 MiB. */
const STEPS = { firstRows: 32, mostRows: 1024, quickMs: 2, slowMs: 5 };
/** Characters; fewer wait for the next step, so that a filter which few images pass does not cost a write for each step. */
const SMALLEST_CHUNK = 16_384;

/** What the steps of a list share. */
export interface ListReading {
  em: SqlEntityManager;
  query: ListQuery;
  isTrusted: boolean;
  turns: EventLoopTurns;
  /** Called after each step with how many images it passed over, and how many of them it answers. */
  spent: (passed: number, answered: number) => void;
}

/** Where the list begins; null when the marker is an image that is not there for this caller. */
export async function startOf({ em, query, isTrusted }: Pick<ListReading, 'em' | 'query' | 'isTrusted'>): Promise<Start | null> {
  const { marker, descending } = query;
  if (marker === null) return { publishedAt: descending ? AFTER_ALL : BEFORE_ALL, uuid: '', isIncluded: false };
  // Every uuid is greater than the empty one, so that an ascending list has the instant and a descending one lacks the next.
  if (typeof marker === 'number') return { publishedAt: descending ? marker + 1 : marker, uuid: '', isIncluded: false };
  const position = await findPosition(em, marker, isTrusted);
  return position === null ? null : { ...position, isIncluded: true };
}

function positionOf({ manifest }: ServedImage): Position {
  return { publishedAt: Date.parse(String(manifest.published_at)), uuid: String(manifest.uuid) };
}

interface Step {
  images: ServedImage[];
  /** Null: the list ends here. */
  next: Position | null;
  passed: number;
}

/** Reads the next span. What only manifests tell is looked at here; everything else the database has decided. */
async function readStep({ em, query, isTrusted }: ListReading, from: Start, rows: number, left: number): Promise<Step> {
  const upTo = await spanEnd(em, query, isTrusted, { from, rows });
  const most = query.manifest.length === 0 ? Math.min(rows, left) : rows;
  const read = await readSpan(em, query, isTrusted, { from, upTo, most });
  const images = read.filter(({ manifest }) => matchesManifest(query, manifest)).slice(0, left);
  const last = read.at(-1);
  // Images that came into the span between the two statements may have pushed others out of the limit.
  const next = last !== undefined && read.length === most ? positionOf(last) : upTo;
  return { images, next, passed: rows };
}

/**
 * ListImages as JSON text, step by step: each step passes over a bounded span of an index, waits for its turn on the event loop, and
 * is not taken before the one before it was sent. An image that is removed meanwhile is left out; none comes twice.
 */
export async function* listImages(reading: ListReading, start: Start): AsyncGenerator<string> {
  const { query, turns, spent } = reading;
  const pace = new Pace(STEPS);
  let left = query.limit ?? Infinity;
  let from: Start | null = query.access.length === 0 ? null : start;
  let separator = '';
  let text = '[';
  while (from !== null && left > 0) {
    await turns.take();
    const began = process.threadCpuUsage();
    const { images, next, passed }: Step = await readStep(reading, from, pace.rows, left);
    for (const { manifest } of images) {
      text += `${separator}\n${JSON.stringify(manifest)}`;
      separator = ',';
    }
    const { user, system } = process.threadCpuUsage(began);
    // The clock of the wall would count waiting for a busy database, which fewer rows do not make quicker.
    pace.learn({ ms: 0, cpuMs: (user + system) / 1000 });
    spent(passed, images.length);
    left -= images.length;
    from = next === null ? null : { ...next, isIncluded: false };
    if (from === null || left <= 0 || text.length < SMALLEST_CHUNK) continue;
    yield text;
    text = '';
  }
  yield `${text}]\n`;
}
