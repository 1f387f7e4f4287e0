import { describe, expect, it } from 'vitest';
import { OperationCache } from '../../src/graphql/compiled/operation-cache.js';
import { fc } from '../support/random.js';

const BOUNDS = { maxBytes: 1000, maxBytesPerUser: 300 };

describe('what is kept compiled', () => {
  it('is what was used last', () => {
    const cache = new OperationCache<string>(BOUNDS);
    for (const [at, user] of ['a', 'b', 'c', 'd', 'e'].entries()) cache.set(`key ${at}`, 'value', 200, user);
    cache.get('key 0');
    cache.set('key 5', 'value', 200, 'f');
    expect(['key 0', 'key 1', 'key 5'].map((key) => cache.get(key))).toEqual(['value', undefined, 'value']);
  });

  it('leaves to others what they brought, however much one user brings', () => {
    const cache = new OperationCache<string>(BOUNDS);
    cache.set('of another', 'value', 200, 'another');
    for (let at = 0; at < 100; at += 1) cache.set(`flood ${at}`, 'value', 100, 'greedy');
    expect(cache.get('of another')).toBe('value');
    expect(cache.get('flood 99')).toBe('value');
    expect(cache.get('flood 96')).toBeUndefined();
    expect(cache.bytes).toBe(500);
  });

  it('is nothing that is larger than the share of a user', () => {
    const cache = new OperationCache<string>(BOUNDS);
    cache.set('huge', 'value', 301, 'a');
    expect(cache.get('huge')).toBeUndefined();
  });

  it('stays within both bounds, whatever comes', () => {
    const step = fc.record({ key: fc.integer({ min: 0, max: 9 }), bytes: fc.integer({ min: 1, max: 400 }), user: fc.constantFrom('a', 'b', 'c', '__proto__') });
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const cache = new OperationCache<string>(BOUNDS);
      const brought = new Map<string, { bytes: number; user: string }>();
      for (const { key, bytes, user } of steps) {
        cache.set(`${key}`, 'value', bytes, user);
        brought.set(`${key}`, { bytes, user });
        const kept = [...brought].filter(([name]) => cache.get(name) !== undefined).map(([, one]) => one);
        const sum = (of: typeof kept): number => of.reduce((total, one) => total + one.bytes, 0);
        expect(sum(kept)).toBe(cache.bytes);
        expect(cache.bytes).toBeLessThanOrEqual(BOUNDS.maxBytes);
        for (const owner of ['a', 'b', 'c', '__proto__']) expect(sum(kept.filter((one) => one.user === owner))).toBeLessThanOrEqual(BOUNDS.maxBytesPerUser);
      }
    }));
  });
});
