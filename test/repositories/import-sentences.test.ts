import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeImage, type MakeImage, type PublishedImage } from '../support/imgapi-repository.js';
import { type Fields, IMPORTER, World } from '../support/world.js';

const ENTRY = `query ($repository: String!, $uuid: UUID!) { imageRepository(name: $repository) {
  image(uuid: $uuid) { importable notImportableReason notImportableDetail nameTaken }
  images(first: 100) { nodes { uuid notImportableDetail nameTaken } } } }`;
const IMPORT = 'mutation ($input: ImportRepositoryImageInput!) { importRepositoryImage(input: $input) { warnings task { id } } }';

let world: World;
let local: string;

beforeAll(async () => {
  world = await World.start();
  await world.addRepository('source');
  const { imageRepositories } = await world.admin.run('{ imageRepositories { name isLocal } }');
  local = imageRepositories.find((repository: { isLocal: boolean }) => repository.isLocal).name;
});
afterAll(() => world?.close());

/** What a repository shows of an entry, the same on both ways to it. */
async function entryOf(repository: string, uuid: string) {
  const { imageRepository } = await world.admin.run(ENTRY, { repository, uuid });
  const listed = imageRepository.images.nodes.find((node: { uuid: string }) => node.uuid === uuid);
  expect(listed).toMatchObject({ notImportableDetail: imageRepository.image.notImportableDetail, nameTaken: imageRepository.image.nameTaken });
  return imageRepository.image;
}

async function importOf(repository: string, uuid: string, fields: Fields = {}) {
  return world.admin.send(IMPORT, { input: { repository, uuid, datacenter: 'main', dryRun: true, ...fields } });
}

/** An entry says of its import what the import says: under its own name the sentence, and under a free one whether it is possible, and the code. */
async function expectSame(repository: string, uuid: string, fields: Fields = {}): Promise<void> {
  const entry = await entryOf(repository, uuid);
  const own = (await importOf(repository, uuid, fields)).errors[0];
  expect([own?.message ?? null, own?.extensions.code]).toEqual([entry.notImportableDetail, entry.notImportableReason ?? own?.extensions.code]);
  const free = (await importOf(repository, uuid, { ...fields, name: world.unique('free') })).errors[0];
  expect([free === undefined, free?.extensions.code ?? null]).toEqual([entry.importable, entry.notImportableReason]);
}

async function offered(options: MakeImage): Promise<string> {
  const { uuid } = world.offer(options);
  await world.loadRepository('source');
  return uuid;
}

describe('an entry of a repository', () => {
  it('can be imported, and says no more', async () => {
    const uuid = await offered({ name: 'free' });
    expect(await entryOf('source', uuid)).toEqual({ importable: true, notImportableReason: null, notImportableDetail: null, nameTaken: false });
    await expectSame('source', uuid);
  });

  it('says that only its name is taken', async () => {
    await world.image('taken');
    const uuid = await offered({ name: 'taken' });
    const detail = 'The name taken is taken by another image; names are unique, upper and lower case are the same.';
    expect(await entryOf('source', uuid)).toEqual({ importable: true, notImportableReason: null, notImportableDetail: detail, nameTaken: true });
    await expectSame('source', uuid);
  });

  it('compares its name as an import would make it fit', async () => {
    await world.image('fits-in-32-characters-and-no-mor');
    const uuid = await offered({ name: 'fits in 32 characters and no more than that' });
    expect(await entryOf('source', uuid)).toMatchObject({ importable: true, nameTaken: true });
    await expectSame('source', uuid);
  });

  it('compares its name, and its alias with its version, as an import does', async () => {
    await world.image('Upper');
    const upper = await offered({ name: 'upper' });
    expect(await entryOf('source', upper)).toMatchObject({ importable: true, nameTaken: true, notImportableDetail: 'The name upper is taken by another image; names are unique, upper and lower case are the same.' });
    await expectSame('source', upper);
    await world.image('another', { alias: 'Labelled', version: '7.0' });
    const labelled = await offered({ name: 'labelled', version: '7.0' });
    const detail = 'Another image has the alias labelled and the version 7.0; the two together are unique.';
    expect(await entryOf('source', labelled)).toEqual({ importable: true, notImportableReason: null, notImportableDetail: detail, nameTaken: false });
    await expectSame('source', labelled);
    expect((await importOf('source', labelled, { alias: 'free' })).errors).toEqual([]);
    expect(await entryOf('source', await offered({ name: 'labelled', version: '8.0' }))).toMatchObject({ notImportableDetail: null, nameTaken: false });
  });

  it('says that the catalogue has it, and that it is deleted there', async () => {
    const image = await world.image('present', {}, { name: 'present' });
    await world.loadRepository('source');
    const known = `The image ${image.uuid} is in the catalogue already, as present`;
    expect(await entryOf('source', image.uuid)).toEqual({ importable: false, notImportableReason: 'ALREADY_EXISTS', notImportableDetail: `${known}.`, nameTaken: false });
    const { updateImage } = await world.admin.run('mutation { updateImage(input: { name: "present", access: DELETED }) { task { id } } }');
    await world.admin.ended(updateImage.task.id);
    const detail = `${known}, whose access is DELETED; set its access to PUBLIC or PRIVATE to use it again.`;
    expect(await entryOf('source', image.uuid)).toMatchObject({ importable: false, notImportableDetail: detail });
    await expectSame('source', image.uuid);
  });

  it.each([
    ['UNSUPPORTED_TYPE', { type: 'docker' }, 'is of type "docker", which this cloud cannot run'],
    ['NO_FILE', { files: [] }, 'files must hold exactly one file, there are 0'],
    ['INVALID_MANIFEST', { files: [{ sha1: 'short', size: 1, compression: 'gzip' }] }, 'files[0] needs sha1'],
    ['INVALID_MANIFEST', { os: '' }, 'os is missing'],
    ['INVALID_MANIFEST', { uuid: 'cccccccc-0000-4000-8000-000000000001', origin: 'cccccccc-0000-4000-8000-000000000001' }, 'form a circle'],
    ['MISSING_ORIGIN', { origin: 'bbbbbbbb-0000-4000-8000-000000000001' }, 'builds on bbbbbbbb-0000-4000-8000-000000000001, which is not in the catalogue'],
  ])('says why it cannot be imported: %s', async (reason, manifest, words) => {
    const uuid = await offered({ name: world.unique('odd'), manifest });
    expect(await entryOf('source', uuid)).toEqual({ importable: false, notImportableReason: reason, notImportableDetail: expect.stringContaining(words), nameTaken: false });
    await expectSame('source', uuid);
  });

  it('says of a name of which nothing can be used that another one is needed', async () => {
    const uuid = await offered({ name: '漢字' });
    expect(await entryOf('source', uuid)).toMatchObject({ importable: true, notImportableDetail: expect.stringContaining('can be a name here; give one') });
    await expectSame('source', uuid);
  });

  it('names who offers the image that it builds on, and waits for one that is still being imported', async () => {
    const base = world.offer({ name: 'base-of-one', version: '3' });
    const uuid = await offered({ name: 'child-of-one', manifest: { origin: base.uuid } });
    expect(await entryOf('source', uuid)).toMatchObject({ notImportableDetail: expect.stringContaining('The repository source offers it as base-of-one 3') });
    await expectSame('source', uuid);
    world.repository.fail.file = 'stall';
    const { data } = await importOf('source', base.uuid, { dryRun: false });
    expect(await entryOf('source', uuid)).toMatchObject({ notImportableReason: 'MISSING_ORIGIN', notImportableDetail: expect.stringContaining('is still being imported') });
    await expectSame('source', uuid);
    world.repository.fail.file = undefined;
    const { id } = data?.importRepositoryImage.task ?? {};
    await world.admin.run('mutation ($id: ID!) { cancelTask(id: $id) { status } }', { id });
    await world.admin.ended(id);
    await world.image('base-of-one', {}, base);
    await expectSame('source', uuid);
    expect(await entryOf('source', uuid)).toMatchObject({ importable: true });
  });

  it('can be had again by who may give it its file, and by nobody else', async () => {
    await world.imageServer(null);
    const uuid = await offered({ name: 'fileless-here' });
    await importOf('source', uuid, { dryRun: false, access: 'PUBLIC' });
    await world.imageServer('img01');
    const { client } = await world.person('elsewhere', { permissions: IMPORTER, datacenter: 'other' });
    for (const [who, importable, datacenter] of [[world.admin, true, 'main'], [client, false, 'other']] as const) {
      const { imageRepository } = await who.run(ENTRY, { repository: 'source', uuid });
      const { errors } = await who.send(IMPORT, { input: { repository: 'source', uuid, datacenter, dryRun: true } });
      const { images } = (await who.run('query ($wanted: Boolean) { imageRepository(name: "source") { images(first: 100, filter: { importable: $wanted }) { nodes { uuid } } } }', { wanted: importable })).imageRepository;
      expect(imageRepository.image).toMatchObject({ importable, notImportableReason: errors[0]?.extensions.code ?? null, notImportableDetail: errors[0]?.message ?? null });
      expect(images.nodes).toContainEqual({ uuid });
    }
  });
});

describe('an image that its source has disabled, not activated or made private', () => {
  it.each([
    [{ disabled: true, state: 'disabled' }, ['The source has disabled this image']],
    [{ state: 'unactivated', public: false }, ['The state of this image at the source is "unactivated"', 'This image is private at the source']],
  ])('is imported with a warning: %j', async (manifest, warnings) => {
    const uuid = await offered({ name: world.unique('warned'), manifest });
    for (const dryRun of [true, false]) {
      const { data } = await importOf('source', uuid, { dryRun });
      for (const warning of warnings) expect(data?.importRepositoryImage.warnings).toContainEqual(expect.stringContaining(warning));
    }
  });
});

describe('the URL of the file', () => {
  it('is that of the manifest with /file in its path', async () => {
    for (const [suffix, file] of [['?token=a', '/file?token=a'], ['#part', '/file'], ['/', '/file'], ['/?x=1#y', '/file?x=1']] as const) {
      const image = world.offer({ name: world.unique('file') });
      const { data, errors } = await world.import(world.unique('by-url'), {}, { ...image, manifestUrl: `${image.manifestUrl}${suffix}` });
      expect([errors, (await world.admin.ended(data?.importImage.task.id)).status]).toEqual([[], 'SUCCEEDED']);
      // Imports of earlier tests may still run.
      expect(world.repository.requests.findLast(({ url }) => url.includes(image.uuid))?.url).toBe(`/images/${image.uuid}${file}`);
    }
  });
});

describe('images that were placed by hand', () => {
  async function place({ manifest, file }: PublishedImage, { as = manifest.uuid, withFile = true } = {}): Promise<void> {
    const folder = join(world.folder.path, 'images', as);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'manifest'), JSON.stringify(manifest));
    if (withFile) await writeFile(join(folder, 'file'), file);
  }

  it('say that their file is missing, and are left out with capital letters in their folder', async () => {
    const [fileless, capital] = [makeImage({ name: 'fileless' }), makeImage({ name: 'capital', manifest: { uuid: 'abcdef00-0000-4000-8000-000000000001' } })];
    await place(fileless, { withFile: false });
    await place(capital, { as: capital.manifest.uuid.toUpperCase() });
    const { refreshImageRepository: loaded } = await world.admin.run('mutation ($name: String!) { refreshImageRepository(name: $name) { skipped task { detail } } }', { name: local });
    const reason = 'The folder ABCDEF00-0000-4000-8000-000000000001 has capital letters in its name; rename it to abcdef00-0000-4000-8000-000000000001.';
    expect(loaded).toMatchObject({ skipped: 1, task: { detail: { skipped: [{ uuid: capital.manifest.uuid, reason }] } } });
    const detail = `The image store has no file for ${fileless.manifest.uuid}; place it there as ${fileless.manifest.uuid}/file.`;
    expect(await entryOf(local, fileless.manifest.uuid)).toMatchObject({ importable: false, notImportableReason: 'NO_FILE', notImportableDetail: detail });
    await expectSame(local, fileless.manifest.uuid);
  });

  it('say that their file is another one, until it is replaced', async () => {
    const [longer, changed] = [makeImage({ name: 'longer' }), makeImage({ name: 'changed' })];
    await place({ ...longer, file: Buffer.concat([longer.file, Buffer.from('x')]) });
    await place({ ...changed, file: Buffer.alloc(changed.file.length, 'x') });
    await world.loadRepository(local);
    for (const { manifest } of [longer, changed]) {
      expect(await entryOf(local, manifest.uuid)).toMatchObject({ importable: false, notImportableReason: 'CHECKSUM_MISMATCH' });
      await expectSame(local, manifest.uuid);
    }
    await place(changed);
    expect((await importOf(local, changed.manifest.uuid)).errors).toEqual([]);
  });
});

describe('a list in which nothing is a manifest', () => {
  it.each([
    ['[{"id":1}]', /its only entry is no manifest\. The first: A manifest has a uuid, this object has the field "id"\./],
    ['[{"manifest":{"uuid":"x"}},{"manifest":{}}]', /each of its 2 entries is no manifest\. The first: .*the field "manifest"/],
    ['[1,"two",[],null]', /each of its 4 entries is no manifest\. The first: A manifest is a JSON object, this is a number\./],
  ])('fails the load and changes nothing: %s', async (list, wanted) => {
    await world.loadRepository('source');
    const before = await world.admin.run('{ imageRepository(name: "source") { imageCount lastUpdate images { totalCount } } }');
    world.repository.fail.list = { text: list };
    const { errors } = await world.admin.send('mutation { refreshImageRepository(name: "source") { added } }');
    world.repository.fail.list = undefined;
    expect(errors[0]).toMatchObject({ message: expect.stringMatching(wanted), extensions: { code: 'INVALID_MANIFEST' } });
    const { imageRepository } = await world.admin.run('{ imageRepository(name: "source") { imageCount lastUpdate images { totalCount } error } }');
    expect(imageRepository).toEqual({ ...before.imageRepository, error: expect.stringMatching(wanted) });
  });

  it('is not the empty list, which empties the repository', async () => {
    world.repository.fail.list = { text: '[]' };
    await world.loadRepository('source');
    world.repository.fail.list = undefined;
    expect((await world.admin.run('{ imageRepository(name: "source") { imageCount status } }')).imageRepository).toEqual({ imageCount: 0, status: 'OK' });
  });
});
