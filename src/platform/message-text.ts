import { redactUrlsIn, redactValue } from './fetch/redact-text.js';

/** Longest part of a caller's value that a message repeats. */
const MAX_VALUE_CHARACTERS = 200;

/** Longest message. */
const MAX_MESSAGE_CHARACTERS = 2000;

/** A library's message may contain a whole request, so only this much of it is processed. */
const MAX_INPUT_CHARACTERS = 10 * MAX_MESSAGE_CHARACTERS;

const LONG_WORD = /[^\s"]{201,}/g;

/** Shortens a text to `most` characters and adds an ellipsis. Never splits a surrogate pair. */
export function truncate(text: string, most: number = MAX_VALUE_CHARACTERS): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most)}…`;
}

/** Redacts before truncating: in half a URL, the end of the password cannot be found. */
export function redactAndTruncate(text: string, most: number = MAX_VALUE_CHARACTERS): string {
  return truncate(redactValue(truncate(text, MAX_INPUT_CHARACTERS)), most);
}

/** The first `room` characters (or a few more) of a value's JSON. Stops there, so the cost does not grow with the value. */
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

/** Quotes a caller's value for a message: as JSON of at most 200 characters, URLs redacted. */
export function quoteValue(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(redactAndTruncate(value)) : truncate(jsonPrefix(value, MAX_VALUE_CHARACTERS));
}

/** Index of the closing quote of the quotation that opens at `from`; -1 if it is never closed. */
function quotationEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '"') return at;
    if (text[at] === '\\') at += 1;
  }
  return -1;
}

/** Scans by hand: a regular expression would take quadratic time on unclosed quotations. */
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
 * Bounds a message that may contain values of callers, such as one of a library: cuts each quotation and each word without a blank to
 * 200 characters, the message to `most`, and removes user, password and query from its URLs.
 */
export function boundMessage(message: string, most: number = MAX_MESSAGE_CHARACTERS): string {
  const text = redactUrlsIn(truncate(message, MAX_INPUT_CHARACTERS));
  if (text.length <= MAX_VALUE_CHARACTERS) return text;
  return truncate(truncateQuotations(text).replace(LONG_WORD, (run) => truncate(run)), most);
}

const MAX_DATA_TEXT_CHARACTERS = 500;
const MAX_DATA_ITEMS = 100;
const MAX_DATA_DEPTH = 6;

function boundDataText(text: string): string {
  return redactAndTruncate(text, MAX_DATA_TEXT_CHARACTERS);
}

/** Bounds the data of an error, such as its `extensions`: cuts long texts and lists, redacts URLs, replaces objects nested too deeply by null. */
export function boundData(value: unknown, depth = 0, boundText = boundDataText): unknown {
  if (typeof value === 'string') return boundText(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth >= MAX_DATA_DEPTH) return null;
  if (Array.isArray(value)) return value.slice(0, MAX_DATA_ITEMS).map((one) => boundData(one, depth + 1, boundText));
  const entries = Object.entries(value).slice(0, MAX_DATA_ITEMS);
  return Object.fromEntries(entries.map(([name, one]) => [truncate(name), boundData(one, depth + 1, boundText)]));
}
