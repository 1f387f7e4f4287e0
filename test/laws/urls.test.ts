import { describe, expect, it } from 'vitest';
import { filesUnder, withoutComments } from './sources.js';

/** Files that make URLs to be followed, statements or text for an operator at a terminal, and no message. */
const MAKERS = ['src/main.ts', 'src/app.ts', 'src/config/config.ts', 'src/repositories/entries/manifest-url.ts'];
/** A URL that is put into a text: by its own name, or as a part of something. */
const PUT_INTO_TEXT = /\$\{(?!redactUrl\()[^{}]*\b(?:\w*[uU]rl|href|location)\b[^{}]*\}/g;
const ALLOWED = [
  // Our own address.
  '${this.imageServerUrl}',
  '${config.publicUrl}',
  // To be asked, not shown.
  '${input.manifestUrl}',
  '${this.url}',
  '${url.pathname.replace(/\\/+$/, \'\')}',
  '${collector}',
  // Where an image store is: a path, or a URL of which the parameters are left out.
  '${location}',
  '${source.location}',
  '${target.location}',
  "${mark.location.startsWith('s3:') ? 'bucket' : 'folder'}",
  // A parameter of a statement; the pattern of a route; a path.
  '${url}',
  "${request.routeOptions.url ?? 'unknown'}",
  "${request.url.split('?', 1)[0]}",
  "${randomBytes(32).toString('base64url')}",
  "${url.protocol.slice(0, -1)}",
];

function offenders(text: string): string[] {
  return (withoutComments(text).match(PUT_INTO_TEXT) ?? []).filter((one) => !ALLOWED.includes(one));
}

describe('URLs in texts', () => {
  it('are put there by redactUrl, which leaves out what may grant access', () => {
    const sources = filesUnder(['src'], ['.ts']).filter(({ path }) => !MAKERS.includes(path) && !path.startsWith('src/demo/'));
    expect(sources.flatMap(({ path, text }) => offenders(text).map((one) => `${path}: ${one}`))).toEqual([]);
  });

  it('would be found otherwise', () => {
    expect(offenders('`The file at ${asked.url} is gone.`; `${answer.href}: no`; `${redactUrl(url)} is empty`')).toEqual(['${asked.url}', '${answer.href}']);
  });
});
