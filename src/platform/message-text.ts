import { redactUrlsIn } from './fetch/redact-text.js';

/** Characters of a caller's value that a message repeats. */
export const MAX_VALUE_CHARACTERS = 200;

/** Characters of a whole message. */
const MAX_MESSAGE_CHARACTERS = 2000;

/** Messages of libraries may hold a whole request; what is beyond this is not even looked at. */
const MAX_INPUT_CHARACTERS = 10 * MAX_MESSAGE_CHARACTERS;

const LONG_WORD = /[^\s"]{201,}/g;

/** The text, or its beginning and an ellipsis. Never ends within a surrogate pair. */
export function truncate(text: string, most: number = MAX_VALUE_CHARACTERS): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most)}…`;
}

/** Without secrets of URLs, which are looked for first: half a URL does not show where its password ends. */
function redactAndTruncate(text: string, most: number = MAX_VALUE_CHARACTERS): string {
  return truncate(redactUrlsIn(truncate(text, MAX_INPUT_CHARACTERS)), most);
}

/** The beginning of a value as JSON, at least `room` characters of it: what is beyond, wide or deep, is not looked at. */
function jsonPrefix(value: unknown, room: number): string {
  if (typeof value === 'string') return JSON.stringify(redactAndTruncate(value));
  if (typeof value !== 'object' || value === null || value instanceof Date) return JSON.stringify(value) ?? String(value);
  const isList = Array.isArray(value);
  let text = isList ? '[' : '{';
  for (const key in value) {
    if (text.length > room) return text;
    const begun = `${text.length > 1 ? `${text},` : text}${isList ? '' : `${JSON.stringify(truncate(key))}:`}`;
    text = begun + jsonPrefix((value as Record<string, unknown>)[key], room - begun.length);
  }
  return `${text}${isList ? ']' : '}'}`;
}

/** A value as JSON, cut, for a message that names it. */
export function quoteValue(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(redactAndTruncate(value)) : truncate(jsonPrefix(value, MAX_VALUE_CHARACTERS));
}

/** Where the quotation that begins at `from` ends; -1 for one that does not. */
function quotationEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '"') return at;
    if (text[at] === '\\') at += 1;
  }
  return -1;
}

/** By hand, as a regular expression takes the square of the length for quotations without an end. */
function truncateQuotations(text: string): string {
  let result = '';
  let done = 0;
  for (let from = text.indexOf('"'); from !== -1; from = text.indexOf('"', done)) {
    const end = quotationEnd(text, from);
    if (end === -1) break;
    result += `${text.slice(done, from)}"${truncate(text.slice(from + 1, end))}"`;
    done = end + 1;
  }
  return result + text.slice(done);
}

/**
 * A message in which no value, quoted or without a blank, is longer than 200 characters, and which is itself at most `most`:
 * for messages that others have put together. URLs in it lose user, password and query.
 */
export function boundMessage(message: string, most: number = MAX_MESSAGE_CHARACTERS): string {
  const text = redactUrlsIn(truncate(message, MAX_INPUT_CHARACTERS));
  if (text.length <= MAX_VALUE_CHARACTERS) return text;
  return truncate(truncateQuotations(text).replace(LONG_WORD, (run) => truncate(run)), most);
}

const MAX_DATA_TEXT_CHARACTERS = 500;
const MAX_DATA_ITEMS = 100;
const MAX_DATA_DEPTH = 6;

/** Data beside a message, such as `extensions` of an error, with long texts and lists cut, and secrets of URLs and what is nested too deeply left out. */
export function boundData(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactAndTruncate(value, MAX_DATA_TEXT_CHARACTERS);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth >= MAX_DATA_DEPTH) return null;
  if (Array.isArray(value)) return value.slice(0, MAX_DATA_ITEMS).map((one) => boundData(one, depth + 1));
  const entries = Object.entries(value).slice(0, MAX_DATA_ITEMS);
  return Object.fromEntries(entries.map(([name, one]) => [truncate(name), boundData(one, depth + 1)]));
}
