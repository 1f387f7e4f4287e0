import { describe, expect, it } from 'vitest';
import { AppError, badInput, notFound } from '../../src/platform/errors.js';
import { truncate, boundMessage, quoteValue } from '../../src/platform/message-text.js';

const LONG = 'x'.repeat(900_000);

describe('a value in a message', () => {
  it.each([
    ['a text', 'debian', '"debian"'],
    ['a list', ['a', 1, null, [true]], '["a",1,null,[true]]'],
    ['an object', { a: { b: 'c' }, d: 1 }, '{"a":{"b":"c"},"d":1}'],
    ['nothing', undefined, 'undefined'],
  ])('is JSON: %s', (_what, value, text) => {
    expect(quoteValue(value)).toBe(text);
  });

  it.each([
    ['long', LONG],
    ['wide', Array.from({ length: 100_000 }, (_, at) => at)],
    ['wide, with long names', { [LONG]: 1, [`${LONG}y`]: 2 }],
    ['deep', JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))],
  ])('is cut where it is %s', (_what, value) => {
    expect(quoteValue(value).length).toBeLessThanOrEqual(203);
    expect(quoteValue(value)).toContain('…');
  });

  it('is not cut within a character', () => {
    expect(truncate('😀'.repeat(200), 101)).toBe(`${'😀'.repeat(50)}…`);
  });
});

describe('a message with values of callers', () => {
  it('stays the same when it is short, or long without a long value', () => {
    const message = 'One of these is accepted: a, b, c. '.repeat(20).trim();
    expect([boundMessage('Short "text".'), boundMessage(message)]).toEqual(['Short "text".', message]);
  });

  it('has each long quotation and each long word cut', () => {
    const value = 'y z'.repeat(100);
    const url = `https://host/${'x'.repeat(900)}`;
    expect(boundMessage(`The value "${value}" at ${url} is "no" good.`)).toBe(`The value "${value.slice(0, 200)}…" at ${url.slice(0, 200)}… is "no" good.`);
  });

  it('is at most 2,000 characters long, whatever it contains', () => {
    for (const message of [LONG, `"${LONG}`, '"a" '.repeat(100_000), '\\"'.repeat(100_000), 'a b '.repeat(100_000)]) expect(boundMessage(message).length).toBeLessThanOrEqual(2001);
  });
});

describe('an AppError', () => {
  it('repeats at most 200 characters of a value', () => {
    const errors = [notFound('image', LONG), new AppError('URL_NOT_ALLOWED', `https://host/${LONG} is not allowed.`), badInput([{ path: LONG, code: 'INVALID_FORMAT', message: `${LONG} is no name.`, params: { value: LONG } }])];
    for (const { message, extensions } of errors) {
      expect(message).not.toContain('x'.repeat(201));
      expect(JSON.stringify(extensions).length).toBeLessThan(1000);
    }
  });

  it('keeps its data, with long texts and lists cut', () => {
    const { extensions } = new AppError('IMAGE_IN_USE', 'In use.', { count: 3, servers: ['a', 'b'], requires: { permissions: ['ADMIN'], datacenter: null }, long: LONG, many: Array.from({ length: 1000 }, () => 1) });
    expect(extensions).toMatchObject({ count: 3, servers: ['a', 'b'], requires: { permissions: ['ADMIN'], datacenter: null } });
    expect(JSON.stringify(extensions).length).toBeLessThan(2000);
  });

  it('says how many faults it leaves out', () => {
    const faults = Array.from({ length: 1000 }, (_, at) => ({ path: `groups.${at}`, code: 'NOT_FOUND' as const, message: `There is no group "${'x'.repeat(150)}".` }));
    const { message, extensions } = badInput(faults);
    const { fields, fieldsLeftOut } = extensions as { fields: unknown[]; fieldsLeftOut: number };
    expect(fields.length + fieldsLeftOut).toBe(1000);
    expect(message).toMatch(/^1000 faults, of which \d+ are named\. groups\.0: /);
    expect(JSON.stringify(extensions).length).toBeLessThan(25 * 1024);
  });
});
