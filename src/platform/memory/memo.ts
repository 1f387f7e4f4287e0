import { BoundedCache } from './bounded-cache.js';
import { WeakMemo } from './weak-memo.js';

/** Memo keyed weakly by two objects plus a string: at most `max` strings per pair, for as long as both objects live. */
export class Memo<V extends object> {
  readonly #pairs = new WeakMemo<object, WeakMemo<object, BoundedCache<string, V>>>();
  readonly #newMemo = (): WeakMemo<object, BoundedCache<string, V>> => new WeakMemo();
  readonly #newCache: () => BoundedCache<string, V>;

  constructor(max: number) {
    this.#newCache = () => new BoundedCache({ max });
  }

  get(one: object, other: object, key: string, compute: () => V): V {
    return this.#pairs.getOrCompute(one, this.#newMemo).getOrCompute(other, this.#newCache).getOrCompute(key, compute);
  }
}
