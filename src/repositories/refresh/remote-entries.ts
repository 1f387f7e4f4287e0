import type { ListEntry } from '../../imgapi/manifest-list.js';
import { readManifest } from '../../imgapi/manifest.js';
import { remoteManifestOf, type SourceEntry } from './remote-manifest.js';

function entryOf(entry: ListEntry): SourceEntry {
  if (!entry.ok) return { uuid: null, reason: entry.reason };
  const reading = readManifest(entry.value);
  return reading.ok ? { offer: remoteManifestOf(reading.manifest, entry.text) } : { uuid: reading.uuid, reason: reading.reason };
}

/** The entries of a remote list as offers, or as reasons why they are none. */
export async function* remoteEntries(batches: AsyncIterable<readonly ListEntry[]>): AsyncGenerator<SourceEntry[]> {
  for await (const entries of batches) yield entries.map(entryOf);
}
