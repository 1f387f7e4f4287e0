import { prettyFactory } from 'pino-pretty';

/** Characters that move the cursor, change colours, begin a line, or turn the direction of the text on a terminal. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** A new line that begins a frame of a stack, and no text of a caller in the message above the frames. */
const FRAME = /\n(?=\s+at )/;

function escapeControls(text: string): string {
  return text.replace(CONTROL, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

function escapeWithin(value: unknown, key: string): unknown {
  if (typeof value === 'string') return key === 'stack' ? value.split(FRAME).map(escapeControls).join('\n') : escapeControls(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => escapeWithin(one, ''));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [escapeControls(name), escapeWithin(one, name)]));
}

/**
 * Returns what turns a line of the log, which is JSON, into text for a terminal: time, level, message, then the rest as JSON, with the
 * stack of an error below. Control characters, which callers may have sent, are shown as \u{1b} and do nothing.
 */
export function prettyLines({ colors }: { colors: boolean }): (line: string) => string {
  const format = prettyFactory({ colorize: colors, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname', singleLine: true });
  return (line) => format(escapeWithin(JSON.parse(line) as unknown, ''));
}
