import type { Options } from 'yargs';
import { quoteValue } from '../platform/message-text.js';
import { WrongCall } from './command-error.js';

/** A whole number within bounds. Throws WrongCall while the command line is read. */
export function wholeNumber(name: string, least: number, most: number): (value: number) => number {
  return (value) => {
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new WrongCall(`--${name} is ${Number.isNaN(value) ? 'no number' : quoteValue(value)}. Accepted: a whole number from ${least} to ${most}.`);
  };
}

/** How many rows a list command shows. */
export const LIMIT = {
  type: 'number',
  default: 100,
  coerce: wholeNumber('limit', 1, 100_000),
  describe: 'How many to show at most',
} as const satisfies Options;

export const DRY_RUN = { type: 'boolean', default: false, describe: 'Only check, and tell what would happen' } as const satisfies Options;

/** Whatever may be there already or not: what is asked for is that it is so. */
export const IF_MISSING = { type: 'boolean', default: false, describe: 'Do nothing, and succeed, when it is there already' } as const satisfies Options;
export const IF_EXISTS = { type: 'boolean', default: false, describe: 'Do nothing, and succeed, when it is not there' } as const satisfies Options;
