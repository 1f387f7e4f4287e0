/** Characters of a caller's value that a message repeats. */
export const LONGEST_SHOWN = 200;

/** Characters of a whole message. */
const LONGEST_MESSAGE = 2000;

/** Messages of libraries may hold a whole request; what is beyond this is not even looked at. */
const LONGEST_READ = 10 * LONGEST_MESSAGE;

const QUOTED = /"((?:[^"\\]|\\.)*)"/gs;
const UNBROKEN = /[^\s"]{201,}/g;

/** The text, or its beginning and an ellipsis. Never ends within a surrogate pair. */
export function cut(text: string, most: number = LONGEST_SHOWN): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most)}…`;
}

/** A value as JSON, cut, for a message that names it. Values that JSON cannot write are told by their type. */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cut(value));
  try {
    return cut(JSON.stringify(value) ?? String(value));
  } catch {
    return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
  }
}

/**
 * A message in which no value, quoted or without a blank, is longer than 200 characters, and which is itself at most `most`:
 * for messages that others have put together.
 */
export function shortened(message: string, most: number = LONGEST_MESSAGE): string {
  if (message.length <= LONGEST_SHOWN) return message;
  const quoted = cut(message, LONGEST_READ).replace(QUOTED, (whole, inner: string) => (inner.length > LONGEST_SHOWN ? `"${cut(inner)}"` : whole));
  return cut(quoted.replace(UNBROKEN, (run) => cut(run)), most);
}

const LONGEST_TEXT = 500;
const MOST_ITEMS = 100;
const DEEPEST = 6;

/** Data beside a message, such as `extensions` of an error, with long texts and lists cut and what is nested too deeply left out. */
export function shortenedData(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cut(value, LONGEST_TEXT);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth >= DEEPEST) return null;
  if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((one) => shortenedData(one, depth + 1));
  const entries = Object.entries(value).slice(0, MOST_ITEMS);
  return Object.fromEntries(entries.map(([name, one]) => [cut(name), shortenedData(one, depth + 1)]));
}
