import { fc } from '../support/random.js';

/**
 * Random decisions as a list of numbers, so that whatever is built from them shrinks with the list. Past its end every
 * decision is the first choice, which builders make the smallest one.
 */
export class Tape {
  #at = 0;

  constructor(private readonly numbers: readonly number[]) {}

  /** 0 to `choices` - 1. */
  draw(choices: number): number {
    const drawn = this.numbers[this.#at] ?? 0;
    this.#at += 1;
    return choices <= 1 ? 0 : drawn % choices;
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.draw(list.length)];
    if (picked === undefined && list.length === 0) throw new Error('There is nothing to pick from.');
    return picked as T;
  }

  /** True that many times in a hundred; false past the end. */
  chance(percent: number): boolean {
    return this.draw(100) >= 100 - percent;
  }

  /** That many different ones of the list, or all. */
  some<T>(list: readonly T[], most: number): T[] {
    const left = [...list];
    const count = Math.min(left.length, 1 + this.draw(most));
    return Array.from({ length: count }, () => left.splice(this.draw(left.length), 1)[0] as T);
  }
}

export const tapes = (length: number) => fc.array(fc.nat({ max: 1_000_000 }), { minLength: Math.floor(length / 4), maxLength: length, size: 'max' });
