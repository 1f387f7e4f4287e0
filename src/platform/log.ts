import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { redactLogLine } from './fetch/redact-text.js';

/** From the quietest to the loudest; `silent` writes nothing at all. */
export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export type LogLevel = (typeof logLevels)[number];

export type Log = Logger;

// Pino redacts by path: list each secret at every depth at which our code or Fastify logs objects.
const secrets = ['authorization', 'Authorization', 'cookie', '["set-cookie"]', 'token', 'key', 'password', 'secret'];
const redactedPaths = ['', '*.', '*.*.'].flatMap((parents) => secrets.map((name) => join(parents, name)));

function join(parents: string, name: string): string {
  return name.startsWith('[') ? parents.replace(/\.$/, '') + name : parents + name;
}

/**
 * Creates the logger: one JSON object per line on stderr, since commands print their results on stdout. It redacts credentials, and
 * removes user, password and query from URLs in every text, including errors and stacks.
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
