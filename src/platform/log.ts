import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { redactLogLine } from './fetch/redact-text.js';

/** From the quietest to the loudest; `silent` writes nothing at all. */
export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export type LogLevel = (typeof logLevels)[number];

export type Log = Logger;

// Bearer tokens, cookies and keys sign people in: they are cut out at every depth at which our code or fastify logs objects.
const secrets = ['authorization', 'Authorization', 'cookie', '["set-cookie"]', 'token', 'key', 'password', 'secret'];
const redactedPaths = ['', '*.', '*.*.'].flatMap((parents) => secrets.map((name) => join(parents, name)));

function join(parents: string, name: string): string {
  return name.startsWith('[') ? parents.replace(/\.$/, '') + name : parents + name;
}

/**
 * Writes one JSON object per line to stderr (stdout belongs to what a command answers). Sign-in headers are redacted, and in every
 * text, also of errors and their stacks, URLs lose user, password and query.
 */
export function createLog(level: LogLevel, destination: DestinationStream = pino.destination(2)): Log {
  return pino(
    {
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: redactedPaths, censor: '[redacted]' },
    },
    { write: (line) => void destination.write(redactLogLine(line)) },
  );
}
