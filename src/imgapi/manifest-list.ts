import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TextDecoder } from 'node:util';
import { type EntrySink, LIST_LIMITS, type ListLimits, ListScanner } from './list-scanner.js';

export type ListEntry = { ok: true; value: unknown; text: string } | { ok: false; reason: string };

/**
 * So small that few entries are alive at once: when a collection finds most of the first hundred alive, V8 makes all that follow
 * in the old generation, and each entry of the list stays there until that is collected.
 */
const SLICE_BYTES = 16 * 1024;
/** How long others wait at most for a turn, and a slice longer: a first list is read by code that is not compiled yet. */
const TURN_MS = 4;

/**
 * The entries of a JSON list while it arrives, as many at once as end within a slice of it. An entry that is too large,
 * not UTF-8 or not JSON is told with its reason and costs nothing else. Throws ListFault for what is no list or not a whole
 * one, and lets faults of the stream through; the stream is destroyed when the reader stops.
 */
export async function* readManifestList(body: Readable, limits: Partial<ListLimits> = {}): AsyncGenerator<ListEntry[]> {
  const all = { ...LIST_LIMITS, ...limits };
  const reader = new EntryReader(all);
  const scanner = new ListScanner(all, reader);
  let began = performance.now();
  for await (const received of body) {
    const chunk = Buffer.isBuffer(received) ? received : Buffer.from(received);
    for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
      scanner.push(chunk.subarray(at, at + SLICE_BYTES));
      if (reader.entries.length > 0) yield reader.take();
      // A list that is all here already must not keep everybody else waiting.
      if (performance.now() - began < TURN_MS) continue;
      await nextTurn();
      began = performance.now();
    }
  }
  scanner.finish();
}

class EntryReader implements EntrySink {
  entries: ListEntry[] = [];
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  constructor(private readonly limits: ListLimits) {}

  take(): ListEntry[] {
    const { entries } = this;
    this.entries = [];
    return entries;
  }

  tooLarge(): void {
    this.#refuse(`The entry is larger than ${this.limits.entry} bytes.`);
  }

  entry(bytes: Buffer, from: number, to: number, isAscii: boolean): void {
    if (from === to) return this.#refuse('There is nothing between two commas.');
    let text: string;
    try {
      // ASCII is the same in Latin 1, which needs no looking at each byte.
      text = (isAscii ? bytes.toString('latin1', from, to) : this.#decoder.decode(bytes.subarray(from, to))).trimEnd();
    } catch {
      return this.#refuse('The entry is not UTF-8 text.');
    }
    try {
      this.entries.push({ ok: true, value: JSON.parse(text) as unknown, text });
    } catch {
      this.#refuse(`The entry is not JSON: it starts with "${text.replace(/\p{C}+/gu, ' ').slice(0, 40)}".`);
    }
  }

  #refuse(reason: string): void {
    this.entries.push({ ok: false, reason });
  }
}
