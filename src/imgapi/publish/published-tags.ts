import { quoteValue } from '../../platform/message-text.js';
import { isObject, type Json } from '../upgrade-manifest.js';
import type { Corrections } from './corrections.js';

/** Characters of all tags as JSON. */
const MAX_TAGS_LENGTH = 102_400;
/** No tags of a manifest that is shorter reach the limit, even if JSON writes its numbers with all their digits. */
const SURELY_SHORT = 16_384;

/**
 * The `tags` of a published manifest: those of the source, then our own in the place of any of the same name. Leaves out those of the
 * source for which there is no room. `manifestLength` is the length of the source's manifest as JSON.
 */
export function publishedTags(given: unknown, own: Json, manifestLength: number, corrections: Corrections): Json {
  if (given !== undefined && given !== null && !isObject(given)) corrections.leftOut('tags', `${quoteValue(given)} is no object`);
  const entries = isObject(given) ? Object.entries(given).filter(([name]) => !Object.hasOwn(own, name)) : [];
  const fitting = manifestLength < SURELY_SHORT ? entries : withinLimit(entries, JSON.stringify(own).length, corrections);
  return Object.fromEntries([...fitting, ...Object.entries(own).filter(([, value]) => value !== undefined)]);
}

function withinLimit(entries: [name: string, value: unknown][], used: number, corrections: Corrections): [string, unknown][] {
  let length = used;
  return entries.filter(([name, value]) => {
    const added = JSON.stringify(name).length + JSON.stringify(value).length + 2;
    if (length + added > MAX_TAGS_LENGTH) {
      corrections.leftOut(`tags.${name}`, `all tags together have at most ${MAX_TAGS_LENGTH} characters`);
      return false;
    }
    length += added;
    return true;
  });
}
