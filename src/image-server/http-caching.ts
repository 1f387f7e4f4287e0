import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { QueryParameters } from './query-parameters.js';

/** Anyone may store a response about PUBLIC images, but must revalidate it each time: an image can become PRIVATE. */
export const CACHE_CONTROL_PUBLIC = 'no-cache';
/** Only the caller itself may store the response. */
export const CACHE_CONTROL_PRIVATE = 'private';

/** Part of each list's ETag; increment it when manifests are shown differently. */
const LIST_FORMAT = 3;

/** Whether If-None-Match has the ETag. Accepts what clients send: tags with or without quotes, weak ones, several, or `*`. */
export function matchesEtag(request: Pick<FastifyRequest, 'headers'>, etag: string): boolean {
  const given = request.headers['if-none-match'];
  return given !== undefined && given.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '').replaceAll('"', '') === etag);
}

/** The ETag of a list: a hash of all that its images depend on, the version of the catalogue, the query, and what the caller may see. */
export function listEtag(version: string, query: QueryParameters, isTrusted: boolean): string {
  const parameters = Object.entries(query).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha1').update(JSON.stringify([LIST_FORMAT, version, isTrusted, parameters])).digest('hex');
}
