import { describe, expect, it } from 'vitest';
import { sqlInteger, sqlIntegers, sqlText } from '../../src/platform/sql-text.js';

describe('a number written into a statement', () => {
  it('is written as its digits', () => {
    expect(sqlText`select 1 limit ${sqlInteger(201, { max: 201 })}`).toMatchObject({ text: 'select 1 limit 201', values: [] });
    expect(sqlIntegers([0, 7, 2 ** 31 - 1], { max: 2 ** 31 - 1 }).text).toBe('0, 7, 2147483647');
    expect(sqlInteger(Number.MAX_SAFE_INTEGER, { max: Number.MAX_SAFE_INTEGER }).text).toBe('9007199254740991');
  });

  it.each([
    ['a text', '(select 1)1'],
    ['a text of digits', '5'],
    ['a fraction', 1.5],
    ['a negative number', -1],
    ['one above the bound', 202],
    ['no number', Number.NaN],
    ['an infinite number', Number.POSITIVE_INFINITY],
    ['an object that turns into digits', { valueOf: (): number => 5, toString: (): string => '5' }],
    ['a list', [5]],
    ['a big integer', 5n],
    ['null', null],
    ['undefined', undefined],
  ])('refuses %s', (_what, value) => {
    expect(() => sqlInteger(value as number, { max: 201 })).toThrow(RangeError);
    expect(() => sqlIntegers([1, value as number], { max: 201 })).toThrow(RangeError);
  });

  it('names no more than the beginning of a long value', () => {
    expect(() => sqlInteger('9'.repeat(1000) as unknown as number, { max: 5 })).toThrow(/^.{0,280}$/);
  });
});
