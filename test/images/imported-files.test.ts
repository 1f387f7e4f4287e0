import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MakeImage } from '../support/make-image.js';
import { World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(async () => world?.close());

const IMPORT = `mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } warnings } }`;
const SHOW = `query ($name: String!) { image(name: $name) { manifest file { compression format } } }`;

// 4096 bytes that begin with a boot sector, as the tool xz compresses them.
const DISK_XZ = '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4A//AB9dAABv/f6jTaaK9F+YSdfdA3h3xopwAEjwJsrxuadmOAAAABnvYc6mZw9AAAE7gCAAAAAfPDy8scRn+wIAAAAABFla';
const qcow2 = Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), Buffer.alloc(2000, 1)]);

function declared(bytes: Buffer, compression: string): MakeImage {
  return { bytes, manifest: { compression } };
}

async function importOf(name: string, { bytes = Buffer.alloc(0), manifest }: MakeImage, dryRun = false) {
  const offered = world.offer({ name, version: '1', bytes });
  const [file] = offered.manifest.files as Record<string, unknown>[];
  Object.assign(file ?? {}, { compression: manifest?.compression });
  const input = { name, manifestUrl: offered.manifestUrl, datacenter: 'main', dryRun };
  return { ...(await world.admin.send(IMPORT, { input })), offered };
}

describe('a file that is not what its manifest says', () => {
  it.each([
    ['raw-as-gzip', declared(qcow2, 'gzip'), 'none', 'QCOW2', 2],
    ['gzip-as-bzip2', declared(gzipSync(Buffer.alloc(4096)), 'bzip2'), 'gzip', 'RAW', 1],
    ['zip-as-gzip', declared(Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(500, 1)]), 'gzip'), 'none', 'UNKNOWN', 2],
    ['xz-as-none', declared(Buffer.from(DISK_XZ, 'base64'), 'none'), 'xz', 'RAW', 1],
    ['as-declared', declared(gzipSync(Buffer.alloc(4096)), 'gzip'), 'gzip', 'RAW', 0],
  ])('is imported as what it is, with warnings: %s', async (name, made, compression, format, warnings) => {
    const { data } = await importOf(name, made);
    const id: string = data?.importImage.task.id;
    expect(await world.admin.ended(id)).toMatchObject({ status: 'SUCCEEDED' });
    const { task: ended } = await world.admin.run('query ($id: ID!) { task(id: $id) { warnings } }', { id });
    expect(ended.warnings).toHaveLength(warnings);
    const { image } = await world.admin.run(SHOW, { name });
    expect(image.file).toEqual({ compression, format });
    expect(image.manifest.files[0].compression).toBe(compression);
    const served = (await (await fetch(`${world.gateway.url}/imgapi/images/${image.manifest.uuid}`)).json()) as { files: { compression: string }[] };
    expect(served.files[0]?.compression).toBe(compression);
  });

  it('is told of in a dry run, which reads its first and last bytes only', async () => {
    const { data } = await importOf('rehearsed', declared(qcow2, 'xz'), true);
    expect(data?.importImage.warnings).toEqual(expect.arrayContaining([expect.stringContaining('compressed with xz, but it is not compressed'), expect.stringContaining('a QCOW disk')]));
    const { length } = qcow2;
    expect(world.repository.requests.slice(-2).map(({ headers }) => headers.range)).toEqual([`bytes=0-${length - 1}`, `bytes=${length - 512}-${length - 1}`]);
  });

  it('is told of in a dry run also where only its end shows it', async () => {
    const vhd = Buffer.concat([Buffer.alloc(3 * 2 ** 20), Buffer.from('conectix'), Buffer.alloc(504)]);
    const { data } = await importOf('rehearsed-vhd', declared(vhd, 'none'), true);
    expect(data?.importImage.warnings).toContainEqual(expect.stringContaining('a VHD disk'));
  });

  it('is refused if it is a page or an error, and leaves nothing', async () => {
    for (const [name, text] of [['page', '<!DOCTYPE html><p>Not found'], ['error', '{"code":"ResourceNotFound"}']] as const) {
      const { data } = await importOf(name, declared(Buffer.from(text), 'gzip'));
      expect(await world.admin.ended(data?.importImage.task.id)).toMatchObject({ status: 'FAILED', errorCode: 'UNSUPPORTED_FORMAT' });
      expect((await world.admin.run(`query ($name: String!) { image(name: $name) { name } }`, { name })).image).toBeNull();
      const dry = await importOf(`dry-${name}`, declared(Buffer.from(text), 'gzip'), true);
      expect(dry.errors?.[0]?.extensions.code).toBe('UNSUPPORTED_FORMAT');
    }
  });

  it('cannot be read in a dry run: a warning says so', async () => {
    world.repository.fail = { file: 'status500' };
    const { data } = await importOf('away', declared(qcow2, 'none'), true);
    world.repository.fail = {};
    expect(data?.importImage.warnings.at(-1)).toMatch(/^Its file cannot be read now: .*500/);
  });
});
