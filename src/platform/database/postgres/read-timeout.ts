/** The driver's message of a timeout, which has no code. */
const READ_TIMEOUT = 'Query read timeout';

/** The driver gave up a statement: its connection still waits for the answer. */
export function isReadTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === READ_TIMEOUT;
}
