import type { Readable } from 'node:stream';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { TextDecoder } from 'node:util';
import { type EntrySink, LIST_LIMITS, type ListLimits, ListScanner } from './list-scanner.js';

export type ListEntry = { ok: true; value: unknown; text: string } | { ok: false; reason: string };

/**
 * Bytes that are scanned between two yields. Small, so that few entries are alive at once: if a garbage collection finds most of them
 * alive, V8 allocates all later entries in the old generation, where they stay until a major collection.
 */
const SLICE_BYTES = 16 * 1024;
/** How long reading may block the event loop, plus one slice. A time, as the first list is read by code that V8 has not optimized yet. */
const MAX_BLOCK_MS = 4;

/**
 * Parses a JSON list while it arrives, and yields the entries that end within each slice. An entry that is too large, not UTF-8 or not
 * JSON is yielded with its reason instead of a value. Throws ListFault for anything but a complete list, and the errors of the stream;
 * destroys the stream when the consumer stops.
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
      // A list that has arrived already must not block the event loop.
      if (performance.now() - began < MAX_BLOCK_MS) continue;
      await yieldToEventLoop();
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
      // Latin 1 decodes ASCII without inspecting each byte.
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
