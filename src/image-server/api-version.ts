import satisfies from 'semver/functions/satisfies.js';
import { type ImgapiError, imgapiError } from '../imgapi/errors.js';
import { quoteValue } from '../platform/message-text.js';

/** The versions of IMGAPI that clients may ask for. They differ in channels alone, of which this server has none. */
const VERSIONS = ['1.0.0', '2.0.0'];

/** The error for an Accept-Version that no version of the protocol satisfies; null for others and without one. */
export function versionFault(wanted: string | string[] | undefined, { method, path }: { method: string; path: string }): ImgapiError | null {
  const range = [wanted ?? []].flat().join(', ').trim();
  if (range === '' || VERSIONS.some((version) => satisfies(version, range))) return null;
  return imgapiError('InvalidVersion', `${quoteValue(range)} is not supported by ${method} ${path}; accepted are ${VERSIONS.join(' and ')}`);
}
