import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/platform/errors.js';
import { toFetchFailure } from '../../src/platform/fetch/fetch-failure.js';
import { redactUrl } from '../../src/platform/fetch/redact-url.js';
import { quoteValue } from '../../src/platform/message-text.js';
import { redactLogLine, redactUrlsIn } from '../../src/platform/fetch/redact-text.js';
import { fc } from '../support/random.js';

describe('redactUrl', () => {
  it.each([
    ['https://user:pw@h/p?token=x#f', 'https://h/p'],
    ['https://h:8443/p/', 'https://h:8443/p/'],
    ['https://h', 'https://h'],
    ['https://h?x', 'https://h'],
    ['http://[::1]:8080/a?b', 'http://[::1]:8080/a'],
    ['https://h/a@2x.png?z=1', 'https://h/a@2x.png'],
    ['https://user:p/w@h/x?y', 'https://h/x'],
    ['postgres://u:p@ss/w?rd@db:5432/x?sslmode=require', 'postgres://db:5432/x'],
    ['no url?token=x', 'no url'],
  ])('turns %s into %s', (url, redacted) => {
    expect(redactUrl(url)).toBe(redacted);
  });

  it('cuts a URL after 200 characters', () => {
    expect(redactUrl(`https://h/${'p'.repeat(1000)}`)).toHaveLength(201);
  });

  it('removes user, password and query, whatever they contain', () => {
    const part = fc.string({ minLength: 1, maxLength: 12 }).map(encodeURIComponent);
    fc.assert(
      fc.property(part, part, part, (user, password, query) => {
        const url = `https://u${user}u:p${password}p@host.example/path?q${query}q`;
        expect(redactUrl(url)).toBe('https://host.example/path');
        expect(redactUrlsIn(`It is at ${url}, says "${url}".`)).toBe('It is at https://host.example/path, says "https://host.example/path".');
      }),
    );
  });
});

describe('a text with URLs', () => {
  it.each([
    ['no URL in it: a?b', 'no URL in it: a?b'],
    ['the file at https://h/p?x=1: status 500.', 'the file at https://h/p: status 500.'],
    ['(see https://h/p?x=1)', '(see https://h/p)'],
    ['https://a/b?x=1 leads to http://u:p@c/d#e.', 'https://a/b leads to http://c/d.'],
    ['cannot connect to postgres://gw:p@ss@db/gw', 'cannot connect to postgres://db/gw'],
  ])('%j becomes %j', (text, redacted) => {
    expect(redactUrlsIn(text)).toBe(redacted);
  });

  it('is redacted in the message of an AppError and of a FetchFailure', () => {
    expect(new AppError('NOT_FOUND', 'at https://u:p@h/x?t=1').message).toBe('at https://h/x');
    const refused = Object.assign(new Error('connect EHOSTDOWN 10.1.2.3:443'), { code: 'EHOSTDOWN', syscall: 'connect' });
    expect(toFetchFailure('https://u:p@h/x?t=1', refused).message).toBe('https://h/x: the connection failed (EHOSTDOWN).');
  });

  it.each([
    'http:/user:s3cret@h/x', 'http:\\\\user:s3cret@h/x', 'http:user:s3cret@h/x', 'https:///user:s3cret@h/x', ' http: //user:s3cret@h/x', 'http://user:s3\tcret@h/x', 'http://user:s3 cret@h/x',
    'http://user:s3\\cret@h/x', 'http://user:s3"cret@h/x', 'HTTP:/user:s3@cret@h/x', 'http:/user:s3cret@h/x?s3cret', 'postgres:/user:s3cret@h/x',
  ])('loses the password when it is misspelt: %j', (text) => {
    expect(quoteValue(text)).toMatch(/^" ?(https?|postgres):\/\/h\/x"$/i);
    expect(quoteValue({ list: [{ url: text }] })).not.toMatch(/s3|cret/);
  });

  it('stays as it is when it is no URL', () => {
    expect(quoteValue('ask http or me@example.com')).toBe('"ask http or me@example.com"');
  });

  it('is redacted before it is cut, so that a password keeps the @ that ends it', () => {
    expect(quoteValue(`https://user:${'p'.repeat(500)}@h/x`)).toBe('"https://h/x"');
  });

  // Quadratic time would be hours.
  it('is redacted in linear time', { timeout: 20_000 }, () => {
    for (const part of ['a', ')', 'a://', '://', 'https://a@', '@', '?', 'Bearer ']) redactLogLine(`://${part.repeat(200_000)} x`);
  });

  it('loses bearer tokens in a line of the log, and stays JSON', () => {
    const line = JSON.stringify({ url: 'https://u:p@h/x?t=1', text: 'a "https://h/?t=2"\nBearer abcdefgh.ijkl' });
    expect(JSON.parse(redactLogLine(line))).toEqual({ url: 'https://h/x', text: 'a "https://h/"\nBearer [redacted]' });
  });
});
