import { Refused } from '../command-error.js';

/** The answer of `run`; null when the gateway refuses it with `code`, which then means that all is as it should be. */
export async function unlessRefused<Answer>(code: string, run: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Refused && error.code === code) return null;
    throw error;
  }
}
