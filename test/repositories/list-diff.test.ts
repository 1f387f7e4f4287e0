import { beforeEach, describe, expect, it } from 'vitest';
import { CurrentGeneration } from '../../src/repositories/refresh/current-generation.js';
import { ListDiff } from '../../src/repositories/refresh/list-diff.js';

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((digit) => `${digit.repeat(8)}-0000-4000-8000-000000000000`) as [string, string, string, string];
const [one, two, three, four] = [1, 2, 3, 4].map((digit) => `${digit}`.repeat(40)) as [string, string, string, string];

describe('the difference between a list and the current generation', () => {
  let current: CurrentGeneration;
  beforeEach(() => {
    current = new CurrentGeneration();
    current.add(a, 1, one);
    current.add(b, 2, two);
    current.add(c, 3, three);
  });

  it('tells new, changed, unchanged and removed entries apart', () => {
    const diff = new ListDiff(current);
    expect(diff.classify(a, one)).toEqual({ kind: 'unchanged' });
    expect(diff.classify(b, four)).toEqual({ kind: 'changed', replaces: 2 });
    expect(diff.classify(d, four)).toEqual({ kind: 'added' });
    expect(diff.removedIds()).toEqual(Float64Array.of(3));
    expect(diff.counts).toEqual({ total: 3, added: 1, changed: 1 });
  });

  it('takes the first of several entries with the same uuid', () => {
    const diff = new ListDiff(current);
    diff.classify(a, four);
    diff.classify(d, four);
    expect(diff.classify(a, one)).toEqual({ kind: 'duplicate' });
    expect(diff.classify(d, four)).toEqual({ kind: 'duplicate' });
    expect(diff.counts).toEqual({ total: 2, added: 1, changed: 1 });
  });

  it('finds every entry of a long list', () => {
    const long = new CurrentGeneration();
    const uuidAt = (at: number) => `00000000-0000-4000-8000-${at.toString(16).padStart(12, '0')}`;
    for (let at = 0; at < 5000; at += 1) long.add(uuidAt(at), at + 1, at % 2 === 0 ? one : two);
    const diff = new ListDiff(long);
    for (let at = 1; at < 5000; at += 1) diff.classify(uuidAt(at), one);
    expect(diff.counts).toEqual({ total: 4999, added: 0, changed: 2500 });
    expect(diff.removedIds()).toEqual(Float64Array.of(1));
  });

  it('finds everything removed in an empty list', () => {
    expect(new ListDiff(current).removedIds()).toEqual(Float64Array.of(1, 2, 3));
  });
});
