import { Readable } from 'node:stream';
import type { SqlEntityManager } from '../platform/database.js';
import { type ImgapiError, imageNotFound } from '../imgapi/errors.js';
import { allServed, findServedAmong } from './catalogue.js';
import type { ListQuery } from './list-query.js';

/** Manifests read and written at once. */
const MANIFESTS_PER_STEP = 200;

interface Entry {
  uuid: string;
  publishedAt: number;
}

async function matching(em: SqlEntityManager, query: ListQuery, isTrusted: boolean): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const { manifest } of allServed(em, isTrusted)) {
    if (query.matches(manifest)) entries.push({ uuid: String(manifest.uuid), publishedAt: Date.parse(String(manifest.published_at)) });
  }
  const direction = query.descending ? -1 : 1;
  return entries.sort((a, b) => direction * (a.publishedAt - b.publishedAt || (a.uuid < b.uuid ? -1 : 1)));
}

/** From the marker on, the marker itself included; null when there is no such image. */
function fromMarker(entries: readonly Entry[], { marker, descending }: ListQuery): readonly Entry[] | null {
  if (marker === null) return entries;
  if (typeof marker === 'number') {
    return entries.filter((entry) => (descending ? entry.publishedAt <= marker : entry.publishedAt >= marker));
  }
  const at = entries.findIndex((entry) => entry.uuid === marker);
  return at === -1 ? null : entries.slice(at);
}

async function* jsonOf(em: SqlEntityManager, entries: readonly Entry[], isTrusted: boolean): AsyncGenerator<string> {
  yield '[';
  let separator = '';
  for (let at = 0; at < entries.length; at += MANIFESTS_PER_STEP) {
    const uuids = entries.slice(at, at + MANIFESTS_PER_STEP).map((entry) => entry.uuid);
    for (const { manifest } of await findServedAmong(em, uuids, isTrusted)) {
      yield `${separator}\n${JSON.stringify(manifest)}`;
      separator = ',';
    }
  }
  yield ']\n';
}

/**
 * ListImages as a stream of JSON. The publication date lies in the manifest, so the whole catalogue is read once per list
 * to put it in order, 200 images at a time; only uuid and date of each are kept.
 */
export async function listImages(em: SqlEntityManager, query: ListQuery, isTrusted: boolean): Promise<Readable | ImgapiError> {
  const entries = fromMarker(await matching(em, query, isTrusted), query);
  if (entries === null) return imageNotFound(String(query.marker));
  return Readable.from(jsonOf(em, query.limit === null ? entries : entries.slice(0, query.limit), isTrusted));
}
