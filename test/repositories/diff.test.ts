import { describe, expect, it } from 'vitest';
import { ListDiff } from '../../src/repositories/diff.js';

const present = new Map([
  ['a', { id: 1, hash: 'one' }],
  ['b', { id: 2, hash: 'two' }],
  ['c', { id: 3, hash: 'three' }],
]);

describe('the difference of two lists', () => {
  it('tells new, changed, unchanged and removed entries apart', () => {
    const diff = new ListDiff(present);
    expect(diff.take('a', 'one')).toEqual({ kind: 'unchanged' });
    expect(diff.take('b', 'other')).toEqual({ kind: 'changed', replaces: 2 });
    expect(diff.take('d', 'four')).toEqual({ kind: 'added' });
    expect(diff.removed()).toEqual([3]);
    expect(diff.counts).toEqual({ total: 3, added: 1, changed: 1 });
  });

  it('takes the first of several entries with the same uuid', () => {
    const diff = new ListDiff(present);
    diff.take('a', 'other');
    expect(diff.take('a', 'one')).toEqual({ kind: 'duplicate' });
    expect(diff.counts).toEqual({ total: 1, added: 0, changed: 1 });
  });

  it('finds everything removed in an empty list', () => {
    expect(new ListDiff(present).removed()).toEqual([1, 2, 3]);
  });
});
