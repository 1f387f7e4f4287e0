import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deriveImageFields, publishedAtMs } from '../../src/imgapi/derive-image-fields.js';
import { importProblem, readManifest, requireImportable } from '../../src/imgapi/manifest.js';
import { makeImage } from '../support/make-image.js';

type Json = Record<string, unknown>;
const v1 = fixture('v1');
const v2 = fixture('v2');
const all = [...v1, ...v2];

function fixture(name: string): Json[] {
  return JSON.parse(readFileSync(new URL(`../fixtures/manifests/${name}.json`, import.meta.url), 'utf8')) as Json[];
}

function given(start: string): Json {
  const found = all.find(({ uuid }) => String(uuid).startsWith(start));
  if (found === undefined) throw new Error(`no fixture ${start}`);
  return found;
}

function read(value: unknown) {
  const reading = readManifest(value);
  if (!reading.ok) throw new Error(reading.reason);
  return reading.manifest;
}

function problemsOf(value: unknown): unknown {
  try {
    requireImportable(value);
    return null;
  } catch (error) {
    return error;
  }
}

describe('the 340 real manifests', () => {
  it('are all read, but for the orphan that has only a uuid', () => {
    const unread = all.map(readManifest).filter((reading) => !reading.ok);
    expect(unread).toEqual([{ ok: false, uuid: '07f360fd-12d5-e624-a279-eb8a15b630f6', reason: expect.stringContaining('no name') }]);
  });

  it('are importable or not for the same reason in the list and at the import', () => {
    const counts: Record<string, number> = {};
    for (const value of all) {
      const reading = readManifest(value);
      if (!reading.ok) continue;
      const problem = importProblem(reading.manifest);
      const refusal = problemsOf(value);
      expect(refusal === null).toBe(problem === null);
      counts[problem ?? 'importable'] = (counts[problem ?? 'importable'] ?? 0) + 1;
    }
    expect(counts).toEqual({ importable: 330, UNSUPPORTED_TYPE: 2, NO_FILE: 7 });
  });

  it('have a date wherever they write one', () => {
    const undated = all.filter((value) => value.published_at !== undefined && publishedAtMs(read(value)) === null);
    expect(undated).toEqual([]);
  });

  it('give fields that fit the catalogue', () => {
    for (const value of all.filter(({ name }) => name !== undefined)) {
      const fields = deriveImageFields(read(value));
      expect(fields.name).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/);
      expect(fields.version).toMatch(/^.{1,16}$/);
      expect([...fields.description].length).toBeLessThanOrEqual(128);
      expect(fields.sizeMib).toBeGreaterThan(0);
    }
  });
});

describe('readManifest', () => {
  it('moves what version 1 said under other names and drops what version 2 does not have', () => {
    const { raw, files, owner, image_size: size } = read(given('583287ae'));
    expect(raw).toMatchObject({ v: 2, owner: 'a979f956-12cb-4216-bf4c-ae73e6f14dde', image_size: 16384 });
    expect(Object.keys(raw)).not.toEqual(expect.arrayContaining(['creator_uuid']));
    expect([owner, size, files]).toEqual([raw.owner, 16384, [{ sha1: '4b2498d73ccd74dd3974b48fb328e4a6acff84cf', size: 121349552, compression: 'bzip2' }]]);
    expect(raw.files).toEqual(files);
    expect(['creator_uuid', 'cloud_name', 'updated_at', 'platform_type'].filter((field) => field in raw)).toEqual([]);
  });

  it('makes an image restricted to one user private and completes dates without seconds', () => {
    const owner = 'a979f956-12cb-4216-bf4c-ae73e6f14dde';
    const { manifest } = makeImage({ manifest: { v: undefined, restricted_to_uuid: owner, published_at: '2012-11-30T11:40Z' } });
    expect(read(manifest)).toMatchObject({ public: false, published_at: '2012-11-30T11:40:00Z', raw: { public: false, acl: [owner] } });
  });

  it('puts numbers and strings right that servers mix up', () => {
    expect(read(given('2cb8015a'))).toMatchObject({ image_size: 40960, raw: { v: 2, image_size: 40960 } });
    expect(read(given('368e00d2'))).toMatchObject({ version: '1', raw: { version: '1' } });
    expect(read(given('2d28c64f')).raw.acl).toEqual(['a0b6b534-2547-11e2-b758-63a2afd747d1']);
    expect(read(given('014e2254')).image_size).toBe(16384);
  });

  it('lists a docker layer without state and files', () => {
    const layer = read(given('4a3db8cb'));
    expect([layer.state, layer.files, importProblem(layer)]).toEqual(['active', [], 'UNSUPPORTED_TYPE']);
  });

  it('does not change its argument', () => {
    const before = structuredClone(given('583287ae'));
    read(given('583287ae'));
    expect(given('583287ae')).toEqual(before);
  });

  it.each([null, 5, 'text', [], {}, { uuid: 'x', name: 'n' }, { uuid: '../../etc/passwd', name: 'n' }])('refuses %j in one sentence', (value) => {
    expect(readManifest(value)).toMatchObject({ ok: false, reason: expect.stringMatching(/\.$/) });
  });

  it('survives hostile values in every field', () => {
    const fields = ['name', 'version', 'type', 'os', 'state', 'description', 'files', 'tags', 'origin', 'homepage', 'owner', 'published_at', 'image_size'];
    const values = [null, -1, Number.MAX_VALUE, '\u0000\ud800', [], [null], {}, [{ sha1: 5 }], { resize: {}, erigones: [{}] }, 'x'.repeat(99_999), true];
    for (const [field, value] of fields.flatMap((name) => values.map((one) => [name, one] as const))) {
      const reading = readManifest(makeImage({ manifest: { [field]: value } }).manifest);
      if (reading.ok) deriveImageFields(reading.manifest);
      expect(reading.ok || field === 'name').toBe(true);
    }
  });

  it('refuses a manifest nested too deep to be written again', () => {
    const tags: unknown = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000));
    expect(readManifest(makeImage({ manifest: { tags: { tags } } }).manifest)).toMatchObject({ ok: false, reason: expect.stringContaining('deeper') });
  });
});

describe('requireImportable', () => {
  it('gives the one file', () => {
    const { manifest, file } = makeImage({ size: 10 });
    expect(requireImportable(manifest).file).toMatchObject({ size: file.length, compression: 'none' });
  });

  it('names all problems at once', () => {
    const wanted = ['uuid', 'name is missing', 'version is missing', 'type is missing', 'os is missing', 'exactly one file'];
    expect(problemsOf({})).toMatchObject({ code: 'INVALID_MANIFEST', message: expect.stringMatching(new RegExp(wanted.join('.*'))) });
  });

  it.each([
    [[], 'there are 0'],
    [[{}, {}], 'there are 2'],
    [[{ sha1: 'a'.repeat(40), size: 0, compression: 'gzip' }], 'above 0'],
    [[{ sha1: 'zz', size: 5, compression: 'gzip' }], '40 hex digits'],
    [[{ sha1: 'a'.repeat(40), size: 5, compression: 'zstd' }], 'gzip, bzip2, xz, none'],
  ])('refuses the files %j', (files, words) => {
    expect(problemsOf(makeImage({ manifest: { files } }).manifest)).toMatchObject({ code: 'INVALID_MANIFEST', message: expect.stringContaining(words) });
  });

  it.each(['docker', 'lxd', 'other', 'null'])('refuses an image of type %s', (type) => {
    expect(problemsOf(makeImage({ type }).manifest)).toMatchObject({ code: 'UNSUPPORTED_TYPE', message: expect.stringContaining(`"${type}"`) });
  });
});
