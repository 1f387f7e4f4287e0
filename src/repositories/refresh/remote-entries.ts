import type { ListEntry } from '../../imgapi/manifest-list.js';
import { readManifest } from '../../imgapi/manifest.js';
import { toRemoteManifest, type ListEntryResult } from './remote-manifest.js';

function parseEntry(entry: ListEntry): ListEntryResult {
  if (!entry.ok) return { uuid: null, reason: entry.reason };
  const reading = readManifest(entry.value);
  return reading.ok ? { offer: toRemoteManifest(reading.manifest, entry.text) } : { uuid: reading.uuid, reason: reading.reason };
}

/** The entries of a remote list as offers, or as reasons why they are none. */
export async function* readRemoteEntries(batches: AsyncIterable<readonly ListEntry[]>): AsyncGenerator<ListEntryResult[]> {
  for await (const entries of batches) yield entries.map(parseEntry);
}
