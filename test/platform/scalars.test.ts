import { parseValue } from 'graphql';
import { describe, expect, it } from 'vitest';
import { ByteSize, DateTime, HttpUrl, Uuid } from '../../src/platform/graphql/scalars.js';
import { fc } from '../support/random.js';

const UUID = '0b3a7c5e-1d2f-4a6b-8c9d-0123456789ab';

describe('DateTime', () => {
  it('answers in UTC with milliseconds, from a Date and from epoch milliseconds alike', () => {
    expect(DateTime.serialize(new Date('2026-01-31T12:00:00+02:00'))).toBe('2026-01-31T10:00:00.000Z');
    expect(DateTime.serialize(1_700_000_000_007)).toBe('2023-11-14T22:13:20.007Z');
  });

  it('writes every instant as toISOString does', () => {
    const instants = fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('+010001-01-01T00:00:00Z'), noInvalidDate: true });
    fc.assert(fc.property(instants, (instant) => DateTime.serialize(instant) === instant.toISOString()));
  });

  it('takes any offset, also written in small letters or with a finer fraction', () => {
    expect(DateTime.parseValue('2026-01-31T12:00:00+02:00')).toEqual(new Date('2026-01-31T10:00:00Z'));
    expect(DateTime.parseValue('2024-02-29t23:59:59.123456z')).toEqual(new Date('2024-02-29T23:59:59.123Z'));
    expect(DateTime.parseLiteral(parseValue('"2026-01-31T10:00:00Z"'))).toEqual(new Date('2026-01-31T10:00:00Z'));
  });

  it.each([
    '2026-01-31', '2026-01-31T12:00:00', '2026-01-31 12:00:00Z', 'yesterday', '', '2026-02-30T00:00:00Z', '2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z', '2026-01-01T00:60:00Z', '2026-01-01T00:00:00+99:99', '9999-12-31T23:59:59-14:00', '0000-01-01T00:00:00+01:00',
    1_700_000_000_000, null, {},
  ])('refuses %j', (value) => {
    expect(() => DateTime.parseValue(value)).toThrow(/expected an RFC 3339 instant/);
  });

  it('breaks loudly on an answer that is no instant', () => {
    expect(() => DateTime.serialize('2026-01-31T10:00:00Z')).toThrow(TypeError);
    expect(() => DateTime.serialize(new Date(Number.NaN))).toThrow(RangeError);
  });
});

describe('UUID', () => {
  it('is told in lower case, however it was given', () => {
    expect(Uuid.parseValue(UUID.toUpperCase())).toBe(UUID);
    expect(Uuid.parseLiteral(parseValue(`"${UUID.toUpperCase()}"`))).toBe(UUID);
  });

  it.each(['', `{${UUID}}`, ` ${UUID}`, `${UUID}\n`, UUID.replaceAll('-', ''), UUID.replace('a', 'g'), 7, null])('refuses %j', (value) => {
    expect(() => Uuid.parseValue(value)).toThrow(/groups of 8-4-4-4-12/);
  });
});

describe('HttpUrl', () => {
  it.each(['http://a/', 'HTTPS://images.example.org:8443/v2/images?x=1#top', 'http://[::1]:80/', 'http://example.org/ü@b'])('takes %s as it is', (url) => {
    expect(HttpUrl.parseValue(url)).toBe(url);
  });

  it.each([
    'ftp://a/', 'file:///etc/passwd', 'javascript:alert(1)', 'data:text/plain,a', '//a/', '/images', 'a', '', 'http:a', 'http:\\\\a\\b', 'http://', 'http://a:99999/',
    ' http://a/', 'http://a/ ', 'http://a/\n', 'http://a/\u0000', 'ht\ntp://a/', 'http://a b/',
    `http://a/${'x'.repeat(1024)}`, 7, null, ['http://a/'],
  ])('refuses %j', (value) => {
    expect(() => HttpUrl.parseValue(value)).toThrow(/absolute http or https URL/);
  });
});

describe('ByteSize', () => {
  it('goes beyond 32 bits, up to 2^53 - 1, and takes what Postgres answers for a bigint', () => {
    expect(ByteSize.parseValue(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
    expect(ByteSize.parseLiteral(parseValue('8589934592'))).toBe(8_589_934_592);
    expect(ByteSize.serialize('8589934592')).toBe(8_589_934_592);
  });

  it.each([-1, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, '1', null])('refuses %j', (value) => {
    expect(() => ByteSize.parseValue(value)).toThrow(/whole number of bytes/);
  });

  it('breaks loudly on an answer that is no size', () => {
    expect(() => ByteSize.serialize('many')).toThrow(/whole number of bytes/);
  });
});
