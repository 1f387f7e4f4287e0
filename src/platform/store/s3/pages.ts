import { S3Failure } from './s3-failure.js';
import type { S3Location } from './s3-location.js';

/** Where the next page of a list begins: a token of the server, or the last name of this page. */
export type PageMarker = readonly (string | undefined)[];

/** One page of a list. */
export interface Page<T> {
  entries: readonly T[];
  /** Null: this is the last page. */
  next: PageMarker | null;
}

/**
 * The entries of all pages of a list, one page after the other. Throws S3Failure where a server says that there is more, and answers with the
 * same page again, which would never end.
 */
export async function* eachEntry<T>(location: S3Location, read: (marker: PageMarker) => Promise<Page<T>>): AsyncGenerator<T> {
  let [marker, first]: [PageMarker, string] = [[], ''];
  for (;;) {
    const { entries, next } = await read(marker);
    const begins = JSON.stringify(entries[0] ?? null);
    if ((entries.length > 0 && begins === first) || (next !== null && isSame(next, marker))) throw new S3Failure(location, new Error('it answers with the same page of a list again'));
    yield* entries;
    if (next === null) return;
    [marker, first] = [next, begins];
  }
}

/** A page that says that there is more, and not where, ends the list if it is empty. */
export function nextMarker(isTruncated: boolean | undefined, ...marker: PageMarker): PageMarker | null {
  return isTruncated === true && marker.some((one) => one !== undefined && one !== '') ? marker : null;
}

function isSame(one: PageMarker, other: PageMarker): boolean {
  return one.length === other.length && one.every((value, at) => value === other[at]);
}
