import { describe, expect, it } from 'vitest';
import { joinTexts, requireSqlText, sqlConstant, sqlInteger, sqlIntegers, type SqlText, sqlText, sqlValues, withValues } from '../../src/platform/database/sql-text.js';

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

describe('the text of a statement', () => {
  it('has a parameter for every value, and takes pieces as they are', () => {
    const piece = sqlText`a = ${1} and b in (${sqlValues(['x', 'y'])})`;
    expect(sqlText`select ${sqlConstant('i.name')} where ${piece} or c = ${null}`).toMatchObject({
      text: 'select i.name where a = ? and b in (?, ?) or c = ?',
      values: [1, 'x', 'y', null],
    });
    expect(joinTexts([piece, sqlText`d = ${2}`], ' and ')).toMatchObject({ text: 'a = ? and b in (?, ?) and d = ?', values: [1, 'x', 'y', 2] });
  });

  it('takes an object that looks like a piece for a value', () => {
    const alike = { text: '1 = 1', values: [], isSqlText: true } as unknown as SqlText;
    expect(sqlText`select ${alike}`).toMatchObject({ text: 'select ?', values: [alike] });
  });

  it('is refused by what runs statements when it was made elsewhere', () => {
    const alike = { text: 'select 1', values: [] } as unknown as SqlText;
    expect(() => requireSqlText(alike)).toThrow(TypeError);
    expect(() => requireSqlText(sqlText`select 1`)).not.toThrow();
  });

  it('stays the same with other values, as many as there are', () => {
    const statement = sqlText`a = ${1} and b = ${2} and c = ${3}`;
    expect(withValues(statement, 1, ['x'])).toMatchObject({ text: statement.text, values: [1, 'x', 3] });
    expect(statement.values).toEqual([1, 2, 3]);
    expect(() => withValues(statement, 2, ['x', 'y'])).toThrow(RangeError);
    expect(() => withValues(statement, -1, ['x'])).toThrow(RangeError);
    expect(() => sqlValues([])).toThrow(RangeError);
  });
});
