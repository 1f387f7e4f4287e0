import { hash } from 'node:crypto';
import { listedFields, publishedAtMs } from '../../imgapi/derive-image-fields.js';
import { importProblem, type ImgManifest, readManifest } from '../../imgapi/manifest.js';
import type { ListEntry } from '../../imgapi/manifest-list.js';
import { searchForm } from '../../platform/display-text.js';
import type { Tables } from '../../platform/database/tables.js';

/** A valid manifest of a repository's list. */
export interface RemoteManifest {
  manifest: ImgManifest;
  /** The manifest as the repository gave it. */
  text: string;
  /** Why no cloud could import it, as a code; null when one could. */
  problem: string | null;
}

/** An entry that a refresh leaves out. */
export interface SkippedEntry {
  /** Null when the entry has none. */
  uuid: string | null;
  reason: string;
}

/** What an entry of a list was found to be. */
export type ParsedEntry = { remote: RemoteManifest } | SkippedEntry;

/** The columns of an entry that its manifest fills. */
export type RemoteManifestColumns = Omit<Tables['repository_image'], 'id' | 'repository_id' | 'from_generation' | 'to_generation'>;

/** An image without a date sorts as the oldest. */
const SORTS_AS_OLDEST = Number.MIN_SAFE_INTEGER;

export function toRemoteManifest(manifest: ImgManifest, text: string): RemoteManifest {
  return { manifest, text, problem: importProblem(manifest) };
}

/** The entries of a remote list. */
export async function* readRemoteEntries(batches: AsyncIterable<readonly ListEntry[]>): AsyncGenerator<ParsedEntry[]> {
  for await (const entries of batches) yield entries.map(parseEntry);
}

function parseEntry(entry: ListEntry): ParsedEntry {
  if (!entry.ok) return { uuid: null, reason: entry.reason };
  const read = readManifest(entry.value);
  return read.ok ? { remote: toRemoteManifest(read.manifest, entry.text) } : { uuid: read.uuid, reason: read.reason };
}

function searchedTextOf({ name, description }: ImgManifest): string {
  return `${name}\n${description}`;
}

/**
 * Covers the problem too, so that an entry whose problem has changed counts as changed; and whether its texts are in another form than
 * NFC, so that entries which were stored before searches compared NFC are stored again.
 */
export function contentHash({ manifest, text, problem }: RemoteManifest): string {
  const searched = searchedTextOf(manifest);
  return hash('sha1', `${text}\n${problem ?? ''}${searched.normalize('NFC') === searched ? '' : '\nNFC'}`);
}

export function remoteManifestColumns({ manifest, text, problem }: RemoteManifest, textHash: string): RemoteManifestColumns {
  const derived = listedFields(manifest);
  const publishedAt = publishedAtMs(manifest);
  return {
    uuid: manifest.uuid,
    name: manifest.name,
    version: manifest.version,
    type: manifest.type,
    os_type: derived.osType,
    description: manifest.description,
    homepage: derived.homepage,
    size_mib: derived.sizeMib,
    download_size: manifest.files[0]?.size ?? 0,
    state: manifest.state,
    published_at: publishedAt,
    published_sort: publishedAt ?? SORTS_AS_OLDEST,
    origin: manifest.origin ?? null,
    problem,
    manifest: text,
    content_hash: textHash,
    search_text: searchForm(searchedTextOf(manifest)),
  };
}
