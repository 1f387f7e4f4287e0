import { hash } from 'node:crypto';
import { listedFields, publishedAtMs } from '../../imgapi/image-fields.js';
import { importProblem, type ImgManifest } from '../../imgapi/manifest.js';

/** An image that a repository was found to offer. */
export interface RemoteManifest {
  manifest: ImgManifest;
  /** The manifest as the repository gave it. */
  text: string;
  /** Why it could not be imported, whatever the catalogue holds. */
  problem: string | null;
}

/** What a source has: an offer, or the reason why an entry is none. */
export type ListEntryResult = { offer: RemoteManifest } | { uuid: string | null; reason: string };

/** The columns of an offer, without repository and generation. */
export interface RemoteManifestColumns {
  uuid: string;
  name: string;
  version: string;
  type: string;
  os_type: string | null;
  description: string;
  homepage: string | null;
  size_mib: number;
  download_size: number;
  state: string;
  published_at: number | null;
  published_sort: number;
  origin: string | null;
  problem: string | null;
  manifest: string;
  content_hash: string;
  search_text: string;
}

/** Before every date there is: an image without one counts as oldest. */
const SORTS_AS_OLDEST = Number.MIN_SAFE_INTEGER;

export function toRemoteManifest(manifest: ImgManifest, text: string): RemoteManifest {
  return { manifest, text, problem: importProblem(manifest) };
}

/** Equal only for the same manifest with the same problem, so that a verdict that has changed is stored as a change. */
export function contentHash(offer: RemoteManifest): string {
  return hash('sha1', `${offer.text}\n${offer.problem ?? ''}`);
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
    search_text: `${manifest.name}\n${manifest.description}`.toLowerCase(),
  };
}
