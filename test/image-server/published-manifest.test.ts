import { describe, expect, it } from 'vitest';
import { newImage } from '../../src/images/import/new-image.js';
import { imageFieldFaults } from '../../src/images/rules/image-rules.js';
import { manifestCorrections, shownManifest } from '../../src/images/manifest/shown-manifest.js';
import { requireImportable } from '../../src/imgapi/manifest.js';
import v1 from '../fixtures/manifests/v1.json' with { type: 'json' };
import v2 from '../fixtures/manifests/v2.json' with { type: 'json' };
import { referenceFaults } from '../support/imgmanifest.js';
import { manifestFaults } from '../support/manifest-validator.js';
import { fc } from '../support/random.js';

type Json = Record<string, unknown>;

const UUID = '0e5a8d9e-6a2a-4f43-9d2a-8f4a3c1e7b10';
const OTHER = '352971aa-31ba-496c-9ade-a379feaecd52';
const FILE = { sha1: 'a'.repeat(40), size: 1000, compression: 'gzip' };
const SOURCE = { v: 2, uuid: UUID, owner: OTHER, name: 'debian', version: '1.0.0', state: 'active', disabled: false, public: true, published_at: '2026-03-26T18:08:07.539Z', type: 'zvol', os: 'linux', files: [FILE] };
const CREATED_AT = new Date('2026-11-01T00:00:00Z');

/** The image that an import of the manifest makes; null when it is refused. */
function imported(source: unknown, given: { version?: string; access?: 'PUBLIC' | 'PRIVATE' | 'DELETED'; tags?: string[] } = {}) {
  const reading = readable(source);
  if (reading === null) return null;
  const { resize = false, deploy = false, access = 'PRIVATE', file, ...row } = newImage({ name: 'imported', ...given }, reading, 1);
  return { ...row, resize: resize === true, deploy: deploy === true, access: String(access), file, createdAt: CREATED_AT, description: row.description };
}

function readable(source: unknown) {
  try {
    return requireImportable(source);
  } catch {
    return null;
  }
}

function publish(source: unknown, given: Parameters<typeof imported>[1] = {}): { shown: Json; warnings: string[] } {
  const image = imported(source, given);
  if (image === null) throw new Error('This manifest is refused.');
  return { shown: JSON.parse(JSON.stringify(shownManifest(image))) as Json, warnings: manifestCorrections(image) };
}

/** Sees it as a client does. */
function expectValid(shown: Json): void {
  const received = JSON.parse(JSON.stringify(shown)) as Json;
  expect([manifestFaults(received), referenceFaults(received)]).toEqual([[], []]);
}

const junk = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(null, '', 0, -1, 1.5, 1e300, true, false, 'true', 'false', [], {}, [null], [[]], '\0', '\ud800', 'x'.repeat(20_000), '__proto__'),
  fc.string({ unit: 'binary' }),
);
const keys = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', 'v', '7.0', 'name', ''));
const object = (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.array(fc.tuple(keys, values), { maxLength: 5 }).map((entries) => JSON.parse(`{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value ?? null)}`).join(',')}}`) as unknown);
const dates = fc.constantFrom('20130308T102805Z', '20110308T102805Z', '20131308T102805Z', '2013-03-08', 'junk');
const platform = fc.oneof(junk, object(fc.oneof(dates, junk)), fc.dictionary(fc.constantFrom('7.0', '6.5', 'junk', 'constructor'), dates));
const mebibytes = fc.oneof(junk, fc.constantFrom(512, '512', 1024, 256, '0', 2 ** 60));
const requirements = fc.oneof(
  junk,
  fc.record(
    {
      networks: fc.oneof(junk, fc.array(fc.oneof(junk, fc.record({ name: fc.oneof(fc.string(), junk), description: junk, more: junk }, { requiredKeys: [] })))),
      brand: fc.oneof(junk, fc.constantFrom('bhyve', 'lx', 'kvm')),
      ssh_key: junk,
      min_ram: mebibytes,
      max_ram: mebibytes,
      min_platform: platform,
      max_platform: platform,
      bootrom: fc.oneof(junk, fc.constantFrom('bios', 'uefi')),
      more: junk,
    },
    { requiredKeys: [] },
  ),
);
const listOf = (items: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.oneof(junk, fc.array(fc.oneof(items, junk)));
const link = fc.oneof(junk, fc.webUrl(), fc.constantFrom('http://', 'HTTP://x', 'javascript:alert(1)', ' https://a.example ', 'https://a b', `https://a.example/${'x'.repeat(2000)}`, 'ftp://a'));

/** A source that says anything at all where IMGAPI does not need it to import. */
const source = fc.record(
  {
    ...Object.fromEntries(['v', 'state', 'disabled', 'public', 'activated', 'icon', 'error', 'channels', 'urn', 'generate_passwords', 'nic_driver', 'disk_driver', 'cpu_type', 'image_size', 'description', 'creator_uuid', 'options'].map((name) => [name, junk])),
    owner: fc.oneof(junk, fc.uuid(), fc.constant(OTHER.toUpperCase())),
    name: fc.oneof(fc.string({ unit: 'binary' }), fc.constant('debian')),
    version: fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.constantFrom('1.0', '1.0~rc1 beta', 7, 'versión')),
    type: fc.constantFrom('zvol', 'zone-dataset', 'lx-dataset', ' zvol', 'zvol\u0007'),
    os: fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('QEMU', 'freebsd', 'FreeBSD', 'linux', 'Linux', 'SmartOS', 'null')),
    published_at: fc.oneof(junk, fc.constantFrom('2013-03-08T10:28Z', '2013-03-08', '0000-01-01T00:00:00+14:00', '9999-12-31T23:59:59-14:00', '2026-07-21T10:00:00.123456+00:00')),
    acl: listOf(fc.uuid()),
    homepage: link,
    eula: link,
    requirements,
    users: listOf(object(junk)),
    inherited_directories: listOf(fc.string()),
    origin: fc.constantFrom(undefined, null, '', OTHER, OTHER.toUpperCase()),
    tags: fc.oneof(junk, object(junk), fc.constantFrom({ long: 'x'.repeat(200_000), kept: 1 }, { resize: 'junk', erigones: 7 })),
    billing_tags: listOf(fc.string({ maxLength: 300 })),
    traits: fc.oneof(junk, object(junk)),
  },
  { requiredKeys: ['name', 'version', 'type', 'os'] },
);

describe('the manifest that the image server shows', () => {
  it('is accepted by imgadm and by every kind of image server, whatever its source said', () => {
    let accepted = 0;
    fc.assert(
      fc.property(source, object(junk), fc.constantFrom('PUBLIC', 'PRIVATE', 'DELETED'), fc.array(fc.stringMatching(/^[a-z]{1,20}$/), { maxLength: 3 }), (fields, more, access, tags) => {
        const text = JSON.stringify({ ...(more as Json), ...fields, uuid: UUID, files: [FILE] });
        const image = imported(JSON.parse(text), { access, tags });
        if (image === null) return;
        accepted += 1;
        expectValid(shownManifest(image));
        expect(manifestCorrections(image).length).toBeLessThanOrEqual(21);
      }),
      { numRuns: 400 },
    );
    expect(accepted).toBeGreaterThan(200);
  });

  it('is accepted with every version that an image may have here', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 16 }), (version) => {
        if (imageFieldFaults({ version }).length > 0) return;
        expectValid(publish(SOURCE, { version }).shown);
      }),
    );
  });

  it('names no compression where IMGAPI has none, so that nodes refuse the file', () => {
    const shown = JSON.parse(JSON.stringify(shownManifest({ ...imported(SOURCE)!, file: { ...FILE, compression: 'zstd' } }))) as Json;
    expect(shown.files).toEqual([{ sha1: FILE.sha1, size: FILE.size }]);
    expect(JSON.stringify(referenceFaults(shown))).toContain('compression');
  });

  it('is accepted for every real manifest that can be imported', () => {
    const shown = [...(v1 as unknown[]), ...(v2 as unknown[])].map((real) => imported(real)).filter((image) => image !== null).map(shownManifest);
    expect(shown.length).toBeGreaterThan(250);
    shown.forEach(expectValid);
  });

  it('has what a valid source said, in the order of IMGAPI, and needs no warning', () => {
    const described = {
      acl: [OTHER], homepage: 'https://docs.example.com/', eula: 'http://docs.example.com/eula', urn: 'sdc:sdc:debian:1.0.0',
      requirements: { networks: [{ name: 'net0', description: 'public' }], brand: 'bhyve', ssh_key: true, min_ram: 512, max_ram: 1024, min_platform: { '7.0': '20130308T102805Z' }, bootrom: 'uefi' },
      users: [{ name: 'root' }], generate_passwords: true, origin: OTHER, nic_driver: 'e1000', disk_driver: 'ide', cpu_type: 'qemu64',
    };
    const marks = { billing_tags: ['paid'], traits: { ssd: true, rack: ['a'], name: 'x' } };
    const { shown, warnings } = publish({ ...SOURCE, ...described, image_size: 2048, tags: { role: 'web' }, ...marks });
    expect(warnings).toEqual([]);
    expect(shown).toMatchObject({ ...described, ...marks, image_size: 2048, tags: { role: 'web', resize: false, deploy: false } });
    expect(Object.keys(shown)).toEqual([
      'v', 'uuid', 'owner', 'name', 'version', 'state', 'disabled', 'public', 'published_at', 'type', 'os', 'files', 'acl', 'homepage', 'eula', 'urn',
      'requirements', 'users', 'generate_passwords', 'origin', 'nic_driver', 'disk_driver', 'cpu_type', 'image_size', 'tags', 'billing_tags', 'traits',
    ]);
  });

  it.each<[string, Json, Json, string | null]>([
    ['an os of its own', { os: 'QEMU' }, { os: 'other' }, 'os "other": IMGAPI has no os "QEMU"'],
    ['the os freebsd', { os: 'freebsd' }, { os: 'bsd' }, 'os "bsd"'],
    ['a zvol without drivers', {}, { nic_driver: 'virtio', disk_driver: 'virtio', cpu_type: 'host', image_size: 1024 }, 'nic_driver "virtio": a zvol must have one'],
    ['a zone with drivers', { type: 'zone-dataset', os: 'smartos', nic_driver: 'virtio' }, { nic_driver: undefined, image_size: undefined }, 'without nic_driver'],
    ['an icon', { icon: true }, { icon: undefined }, 'without icon: this server has no icons'],
    ['no icon', { icon: false }, { icon: undefined }, null],
    ['channels', { channels: ['dev'] }, { channels: undefined }, 'without channels: this server has no channels'],
    ['a min_platform with a junk key', { requirements: { min_platform: { '7.0': '20130308T102805Z', junk: 'x' } } }, { requirements: { min_platform: { '7.0': '20130308T102805Z' } } }, 'without requirements.min_platform.junk'],
    ['a min_platform of nothing but junk', { requirements: { min_platform: { junk: 'x' } } }, { requirements: undefined }, 'without requirements.min_platform.junk'],
    ['RAM as text', { requirements: { min_ram: '512' } }, { requirements: { min_ram: 512 } }, 'requirements.min_ram 512: it is a number'],
    ['a bootrom without bhyve', { requirements: { brand: 'kvm', bootrom: 'uefi' } }, { requirements: { brand: 'kvm' } }, 'without requirements.bootrom'],
    ['a field of its own', { bogus: 1 }, { bogus: undefined }, 'without bogus: IMGAPI has no such field'],
    ['tags that are a text', { tags: 'abc' }, { tags: { resize: false, deploy: false } }, 'without tags: "abc" is no object'],
    ['a version in other characters', { version: '1.0 beta~2' }, { version: '1.0-beta-2' }, 'version "1.0-beta-2"'],
  ])('of a source with %s', (_what, fields, expected, warning) => {
    const { shown, warnings } = publish({ ...SOURCE, nic_driver: fields.type === undefined && 'nic_driver' in fields ? 'virtio' : undefined, ...fields });
    expectValid(shown);
    for (const [name, value] of Object.entries(expected)) expect([name, shown[name]]).toEqual([name, value]);
    const told = warnings.filter((one) => warning !== null && one.includes(warning));
    expect([told.length, warnings.some((one) => one.includes('icon'))]).toEqual([warning === null ? 0 : 1, warning !== null && warning.includes('icon')]);
  });

  it('would be refused as its source is', () => {
    const refused = { ...SOURCE, os: 'QEMU', icon: true, requirements: { min_platform: { '7.0': 'junk' } }, bogus: 1 };
    expect(manifestFaults(refused).map(({ field }) => field).sort()).toEqual(['bogus', 'cpu_type', 'disk_driver', 'icon', 'image_size', 'nic_driver', 'os', 'requirements']);
    expect(referenceFaults(refused)).toHaveLength(3);
  });

  it('names no more than twenty corrections, and repeats no long value', () => {
    const { warnings } = publish({ ...SOURCE, traits: Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`${at}${'k'.repeat(500)}`, at])), os: 'x'.repeat(5000) });
    expect(warnings).toHaveLength(21);
    expect(warnings.at(-1)).toMatch(/^The manifest for compute nodes has \d+ more corrections\.$/);
    for (const warning of warnings) expect(warning.length).toBeLessThan(600);
  });
});
