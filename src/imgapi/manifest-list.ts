import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TextDecoder } from 'node:util';
import { LIST_LIMITS, type ListLimits, ListScanner } from './list-scanner.js';

export type ListEntry = { ok: true; value: unknown; text: string } | { ok: false; reason: string };

const SLICE_BYTES = 64 * 1024;

/**
 * The entries of a JSON list one by one while it arrives. An entry that is too large, not UTF-8 or not JSON is told
 * with its reason and costs nothing else. Throws ListFault for what is no list or not a whole one, and lets faults of
 * the stream through; the stream is destroyed when the reader stops.
 */
export async function* readManifestList(body: Readable, limits: Partial<ListLimits> = {}): AsyncGenerator<ListEntry> {
  const all = { ...LIST_LIMITS, ...limits };
  const scanner = new ListScanner(all);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const received of body) {
    const chunk = Buffer.isBuffer(received) ? received : Buffer.from(received);
    for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
      for (const entry of scanner.push(chunk.subarray(at, at + SLICE_BYTES))) yield readEntry(entry, decoder, all);
      // A list that is all here already must not keep everybody else waiting.
      await nextTurn();
    }
  }
  scanner.finish();
}

function readEntry(bytes: Buffer | null, decoder: TextDecoder, limits: ListLimits): ListEntry {
  if (bytes === null) return { ok: false, reason: `The entry is larger than ${limits.entry} bytes.` };
  if (bytes.length === 0) return { ok: false, reason: 'There is nothing between two commas.' };
  let text: string;
  try {
    text = decoder.decode(bytes).trimEnd();
  } catch {
    return { ok: false, reason: 'The entry is not UTF-8 text.' };
  }
  try {
    return { ok: true, value: JSON.parse(text), text };
  } catch {
    return { ok: false, reason: `The entry is not JSON: it starts with "${text.replace(/\p{C}+/gu, ' ').slice(0, 40)}".` };
  }
}
