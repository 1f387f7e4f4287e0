import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { redactLogLine } from './fetch/redact-text.js';

/** From the quietest to the loudest; `silent` writes nothing at all. */
export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export type LogLevel = (typeof logLevels)[number];

/** How lines look: `auto` is pretty on a terminal and JSON in a pipe. */
export const logFormats = ['auto', 'json', 'pretty'] as const;

export type LogFormat = (typeof logFormats)[number];

export type Log = Logger;

/** Where lines go, and how they are shown. */
export interface LogOutput {
  destination?: DestinationStream;
  /** Turns a line of JSON into the text to write. */
  show?: (line: string) => string;
}

// Pino redacts by path: list each secret at every depth at which our code or Fastify logs objects.
const secrets = ['authorization', 'Authorization', 'cookie', '["set-cookie"]', 'token', 'key', 'password', 'secret'];
const redactedPaths = ['', '*.', '*.*.'].flatMap((parents) => secrets.map((name) => join(parents, name)));

function join(parents: string, name: string): string {
  return name.startsWith('[') ? parents.replace(/\.$/, '') + name : parents + name;
}

// JSON escapes what is below U+0020 only; some terminals obey U+0080 to U+009F as well, and the others change how a line reads.
const UNSAFE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function escapeUnsafe(json: string): string {
  return json.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * Creates the logger: one JSON object per line on stderr, since commands print their results on stdout. It redacts credentials, and
 * removes user, password and query from URLs in every text, including errors and stacks.
 */
export function createLog(level: LogLevel, { destination = pino.destination(2), show = (line) => line }: LogOutput = {}): Log {
  return pino(
    {
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: redactedPaths, censor: '[redacted]' },
    },
    { write: (line) => void destination.write(show(escapeUnsafe(redactLogLine(line)))) },
  );
}
