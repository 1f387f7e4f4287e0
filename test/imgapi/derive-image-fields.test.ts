import { describe, expect, it } from 'vitest';
import { deriveImageFields, type DerivedImageFields } from '../../src/imgapi/derive-image-fields.js';
import { readManifest } from '../../src/imgapi/manifest.js';
import { osTypeOf } from '../../src/imgapi/os-type.js';
import { parsePublishedAt } from '../../src/imgapi/parse-published-at.js';
import { makeImage, type MakeImage } from '../support/make-image.js';

function derived(options: MakeImage): DerivedImageFields {
  const reading = readManifest(makeImage(options).manifest);
  if (!reading.ok) throw new Error(reading.reason);
  return deriveImageFields(reading.manifest);
}

describe('deriveFields', () => {
  it('takes what fits as it is', () => {
    const tags = { erigones: ['web', 'a:b/c'], resize: true, deploy: 'true' };
    expect(derived({ name: 'debian-12', version: '20260311', manifest: { tags, homepage: 'https://debian.org' } })).toEqual({
      name: 'debian-12', alias: 'debian-12', version: '20260311', description: 'The image debian-12', sizeMib: 10_240, osType: 'LINUX_VM',
      resize: true, deploy: true, tags: ['web', 'a:b/c'], homepage: 'https://debian.org',
    });
  });

  it('uses the defaults where the manifest is silent', () => {
    const fields = derived({ manifest: { image_size: undefined, description: undefined, tags: undefined } });
    expect(fields).toMatchObject({ sizeMib: 1024, description: '', resize: false, deploy: false, tags: [], homepage: null });
  });

  it('zones may be resized unless their tag says otherwise', () => {
    expect(derived({ type: 'zone-dataset' }).resize).toBe(true);
    expect(derived({ type: 'lx-dataset', manifest: { tags: { resize: false } } }).resize).toBe(false);
  });

  it.each([
    ['Ubuntu Certified 18.04/x', 'Ubuntu-Certified-18.04-x'],
    ['_.hidden', 'hidden'],
    ['Žluťoučký kůň', 'Zlutoucky-kun'],
    ['x'.repeat(40), 'x'.repeat(32)],
    ['漢字', null],
  ])('makes the name %s fit', (name, fitted) => {
    expect(derived({ name }).name).toBe(fitted);
  });

  it('cuts by whole characters and removes control characters', () => {
    const fields = derived({ version: '1'.repeat(20), manifest: { description: `a\u0000b\n${'😀'.repeat(200)}` } });
    expect([fields.version, fields.description]).toEqual(['1'.repeat(16), `a b ${'😀'.repeat(124)}`]);
  });

  it('keeps only tags and homepages that follow the rules', () => {
    const erigones = ['ok', 'ok', 'bad<tag>', 5, null, '', 'x'.repeat(70), ...Array.from({ length: 40 }, (_, at) => `t${at}`)];
    const fields = derived({ manifest: { tags: { erigones }, homepage: 'javascript:alert(1)' } });
    expect(fields.tags.slice(0, 3)).toEqual(['ok', 'x'.repeat(64), 't0']);
    expect([fields.tags.length, fields.homepage]).toEqual([32, null]);
  });
});

describe('osTypeOf', () => {
  it.each([
    ['zone-dataset', 'smartos', 'SUNOS_ZONE'], ['zone-dataset', 'QEMU', 'SUNOS_ZONE'], ['lx-dataset', 'linux', 'LINUX_ZONE'], ['zvol', 'smartos', 'SUNOS_VM'],
    ['zvol', 'illumos', 'SUNOS_VM'], ['zvol', 'bsd', 'BSD_VM'], ['zvol', 'freebsd', 'BSD_VM'], ['zvol', 'windows', 'WINDOWS_VM'], ['zvol', 'linux', 'LINUX_VM'],
    ['zvol', 'other', 'LINUX_VM'], ['docker', 'linux', null], ['lxd', 'linux', null], ['other', 'other', null], ['', 'linux', null],
  ])('%s with %s is %s', (type, os, osType) => {
    expect(osTypeOf(type, os)).toBe(osType);
  });
});

describe('readPublishedAt', () => {
  it.each([
    ['2013-08-22T21:00:07.44Z', '2013-08-22T21:00:07.440Z'],
    ['2013-08-22T21:00:07.123456', '2013-08-22T21:00:07.123Z'],
    ['2013-08-22T21:00:07.123456+00:00', '2013-08-22T21:00:07.123Z'],
    ['2013-08-22T21:00:07.999999999Z', '2013-08-22T21:00:07.999Z'],
    ['2013-08-22T21:00:07+02:30', '2013-08-22T18:30:07.000Z'],
    ['2013-08-22T21:00Z', '2013-08-22T21:00:00.000Z'],
    ['2013-08-22 21:00:07', '2013-08-22T21:00:07.000Z'],
    ['2013-08-22', '2013-08-22T00:00:00.000Z'],
  ])('reads %s', (written, instant) => {
    expect(new Date(parsePublishedAt(written) ?? 0).toISOString()).toBe(instant);
  });

  it.each(['', 'yesterday', '2013-13-01', '2013-02-30T00:00:00Z', '2013-01-01T25:00:00Z', '1377205207'])('does not guess at "%s"', (written) => {
    expect(parsePublishedAt(written)).toBe(null);
  });
});
