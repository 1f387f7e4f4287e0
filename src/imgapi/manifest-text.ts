const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Strings that need no cleaning, as nearly all in manifests. */
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** The uuid in lower case; null for anything else. */
export function uuidOf(value: unknown): string | null {
  const uuid = typeof value === 'string' ? value.toLowerCase() : '';
  return UUID.test(uuid) ? uuid : null;
}

/** Cleans a string for any database: no control characters, no lone surrogates, at most `length` long. Anything else is ''. */
export function cleanText(value: unknown, length: number): string {
  if (typeof value !== 'string') return '';
  if (value.length <= length && PRINTABLE_ASCII.test(value)) return value.trim();
  return value.slice(0, length).toWellFormed().replace(/\p{Cc}+/gu, ' ').trim();
}
