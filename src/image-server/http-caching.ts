import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { QueryParameters } from './query-parameters.js';

/** What is PUBLIC may be stored by anyone, who asks each time whether it has changed: an image can become PRIVATE. */
export const CACHE_CONTROL_PUBLIC = 'no-cache';
/** For the caller's own eyes. */
export const CACHE_CONTROL_PRIVATE = 'private';

/** Part of each list's ETag; another one when manifests come to be shown in another way. */
const LIST_FORMAT = 1;

/** If-None-Match as clients send it: tags with quotes, without them, weak, several, or `*`. */
export function matchesEtag(request: Pick<FastifyRequest, 'headers'>, etag: string): boolean {
  const given = request.headers['if-none-match'];
  return given !== undefined && given.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '').replaceAll('"', '') === etag);
}

/** The ETag of a list: its images are told by the version of the catalogue, the query, and what the caller may see. */
export function listEtag(version: string, query: QueryParameters, isTrusted: boolean): string {
  const asked = Object.entries(query).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha1').update(JSON.stringify([LIST_FORMAT, version, isTrusted, asked])).digest('hex');
}
