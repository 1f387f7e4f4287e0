import { withoutUrlSecrets } from './fetch/url-secrets.js';

/** Characters of a caller's value that a message repeats. */
export const LONGEST_SHOWN = 200;

/** Characters of a whole message. */
const LONGEST_MESSAGE = 2000;

/** Messages of libraries may hold a whole request; what is beyond this is not even looked at. */
const LONGEST_READ = 10 * LONGEST_MESSAGE;

const UNBROKEN = /[^\s"]{201,}/g;

/** The text, or its beginning and an ellipsis. Never ends within a surrogate pair. */
export function cut(text: string, most: number = LONGEST_SHOWN): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most)}…`;
}

/** Without secrets of URLs, which are looked for first: half a URL does not show where its password ends. */
function shownText(text: string, most: number = LONGEST_SHOWN): string {
  return cut(withoutUrlSecrets(cut(text, LONGEST_READ)), most);
}

/** The beginning of a value as JSON, at least `room` characters of it: what is beyond, wide or deep, is not looked at. */
function beginning(value: unknown, room: number): string {
  if (typeof value === 'string') return JSON.stringify(shownText(value));
  if (typeof value !== 'object' || value === null || value instanceof Date) return JSON.stringify(value) ?? String(value);
  const isList = Array.isArray(value);
  let text = isList ? '[' : '{';
  for (const key in value) {
    if (text.length > room) return text;
    const begun = `${text.length > 1 ? `${text},` : text}${isList ? '' : `${JSON.stringify(cut(key))}:`}`;
    text = begun + beginning((value as Record<string, unknown>)[key], room - begun.length);
  }
  return `${text}${isList ? ']' : '}'}`;
}

/** A value as JSON, cut, for a message that names it. */
export function shownValue(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(shownText(value)) : cut(beginning(value, LONGEST_SHOWN));
}

/** Where the quotation that begins at `from` ends; -1 for one that does not. */
function endOfQuotation(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '"') return at;
    if (text[at] === '\\') at += 1;
  }
  return -1;
}

/** By hand, as a regular expression takes the square of the length for quotations without an end. */
function withQuotationsCut(text: string): string {
  let result = '';
  let done = 0;
  for (let from = text.indexOf('"'); from !== -1; from = text.indexOf('"', done)) {
    const end = endOfQuotation(text, from);
    if (end === -1) break;
    result += `${text.slice(done, from)}"${cut(text.slice(from + 1, end))}"`;
    done = end + 1;
  }
  return result + text.slice(done);
}

/**
 * A message in which no value, quoted or without a blank, is longer than 200 characters, and which is itself at most `most`:
 * for messages that others have put together. URLs in it lose user, password and query.
 */
export function shortened(message: string, most: number = LONGEST_MESSAGE): string {
  const text = withoutUrlSecrets(cut(message, LONGEST_READ));
  if (text.length <= LONGEST_SHOWN) return text;
  return cut(withQuotationsCut(text).replace(UNBROKEN, (run) => cut(run)), most);
}

const LONGEST_TEXT = 500;
const MOST_ITEMS = 100;
const DEEPEST = 6;

/** Data beside a message, such as `extensions` of an error, with long texts and lists cut, and secrets of URLs and what is nested too deeply left out. */
export function shortenedData(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return shownText(value, LONGEST_TEXT);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth >= DEEPEST) return null;
  if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((one) => shortenedData(one, depth + 1));
  const entries = Object.entries(value).slice(0, MOST_ITEMS);
  return Object.fromEntries(entries.map(([name, one]) => [cut(name), shortenedData(one, depth + 1)]));
}
