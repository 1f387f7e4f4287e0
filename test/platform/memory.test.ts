import { describe, expect, it, vi } from 'vitest';
import { BoundedCache } from '../../src/platform/memory/bounded-cache.js';
import { Memo } from '../../src/platform/memory/memo.js';
import { WeakMemo } from '../../src/platform/memory/weak-memo.js';

describe('a bounded cache', () => {
  it('computes a value once, and evicts the least recently used', () => {
    const cache = new BoundedCache<string, string>({ max: 2 });
    const computed: string[] = [];
    const compute = (key: string): string => {
      computed.push(key);
      return key.toUpperCase();
    };
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) expect(cache.getOrCompute(key, compute)).toBe(key.toUpperCase());
    expect(computed).toEqual(['a', 'b', 'c', 'b']);
    expect([cache.size, cache.has('c'), cache.has('a')]).toEqual([2, false, true]);
  });

  it('is bounded by the size of its entries, and takes none that is too large', () => {
    const cache = new BoundedCache<string, string>({ max: 10, maxEntrySize: 6, sizeOf: (text) => text.length });
    for (const [key, text] of [['a', 'xxxxx'], ['b', 'xxxxx'], ['c', 'xxxxxxx'], ['d', 'xx']] as const) cache.set(key, text);
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual([undefined, 'xxxxx', undefined, 'xx']);
  });

  it('forgets a value when its time is over', async () => {
    const cache = new BoundedCache<string, number>({ max: 2, ttlMs: 5 });
    cache.set('a', 1);
    await vi.waitUntil(() => cache.get('a') === undefined);
    expect(cache.has('a')).toBe(false);
  });
});

describe('a weak memo', () => {
  it('computes a value once per owner', () => {
    const memo = new WeakMemo<object, object>();
    const [one, other] = [{}, {}];
    const value = memo.getOrCompute(one, () => ({}));
    expect(memo.getOrCompute(one, () => ({}))).toBe(value);
    expect(memo.getOrCompute(other, () => ({}))).not.toBe(value);
  });

  it('forgets a value when its time is over', async () => {
    const memo = new WeakMemo<object, number>(5);
    const owner = {};
    memo.set(owner, 1);
    await vi.waitUntil(() => memo.get(owner) === undefined);
    expect(memo.getOrCompute(owner, () => 2)).toBe(2);
  });

  it('of pairs tells pairs and keys apart, within a bound for each pair', () => {
    const memo = new Memo<{ made: number }>(2);
    let made = 0;
    const make = (): { made: number } => ({ made: (made += 1) });
    const [one, other] = [{}, {}];
    const asked = [['a', one, other], ['a', other, one], ['b', one, other], ['a', one, other], ['c', one, other], ['b', one, other]] as const;
    expect(asked.map(([key, first, second]) => memo.get(first, second, key, make).made)).toEqual([1, 2, 3, 1, 4, 5]);
  });
});
