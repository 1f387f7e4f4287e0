import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImgapiRepository, startImgapiRepository } from '../../support/imgapi-repository.js';
import { startStaffed, type StaffedWorld } from '../../support/staff.js';
import type { Fields, OfferedImage, World } from '../../support/world.js';

let world: World;
let people: StaffedWorld['people'];
let other: ImgapiRepository;
beforeAll(async () => {
  ({ world, people } = await startStaffed());
  other = await startImgapiRepository();
  await world.addRepository('first');
  await world.addRepository('other', other.url);
});
afterAll(async () => {
  await world?.close();
  await other?.close();
});

const IMPORT = `mutation ($input: ImportRepositoryImageInput!) { importRepositoryImage(input: $input) { image { name status origin { name } } task { id status } warnings } }`;
const TASKS = 'query ($name: String) { tasks(image: $name, action: [IMAGE_IMPORT]) { nodes { id status errorCode error } } }';

/** A chain of images, the base first, of which the repositories offer all. */
function chain(prefix: string, length = 3, of: { at: number; manifest: Fields }[] = []): OfferedImage[] {
  const images: OfferedImage[] = [];
  for (let at = 1; at <= length; at += 1) {
    const origin = images.at(-1)?.uuid;
    const manifest = { ...(origin !== undefined && { origin }), ...of.find((one) => one.at === at)?.manifest };
    images.push(world.offer({ name: `${prefix}-${at}`, version: '1', manifest }));
  }
  return images;
}

async function load(): Promise<void> {
  await world.loadRepository('first');
  await world.loadRepository('other');
}

function last(images: readonly OfferedImage[]): OfferedImage {
  const image = images.at(-1);
  if (image === undefined) throw new Error('The chain is empty.');
  return image;
}

const input = (images: readonly OfferedImage[], fields: Fields = {}): Fields => ({ repository: 'first', uuid: last(images).uuid, datacenter: 'alpha', includeOrigins: true, ...fields });
const taskOf = async (name: string): Promise<{ id: string; status: string; errorCode: string | null; error: string | null }> => (await world.admin.run(TASKS, { name })).tasks.nodes[0];
const found = async (...names: string[]): Promise<string[]> => (await world.imageNames()).filter((name) => names.some((one) => name.startsWith(one)));

describe('an import without includeOrigins', () => {
  it('says what is missing, and which repository has it', async () => {
    const [base, , top] = chain('told');
    await load();
    const { errors } = await people.anna.send(IMPORT, { input: { ...input([top!]), uuid: top!.uuid, includeOrigins: false } });
    const second = top!.manifest.origin;
    expect(errors[0]).toMatchObject({
      message: `Image ${top!.uuid} builds on ${String(second)}, which is not in the catalogue. The repository first offers it as told-2 1: import it first, or give includeOrigins: true.`,
      extensions: { code: 'MISSING_ORIGIN', origin: second, repository: 'first' },
    });
    expect(base).toBeDefined();
  });

  it('says that nobody has it, and refuses an image that builds on itself', async () => {
    const [lost] = chain('lost', 1, [{ at: 1, manifest: { origin: randomUUID() } }]);
    const uuid = randomUUID();
    const self = world.offer({ uuid, name: 'self', version: '1', manifest: { origin: uuid } });
    await load();
    for (const includeOrigins of [false, true]) {
      expect((await people.anna.send(IMPORT, { input: input([lost!], { includeOrigins }) })).errors[0]).toMatchObject({
        message: expect.stringContaining('No configured repository offers it'),
        extensions: { code: 'MISSING_ORIGIN', repository: null },
      });
      expect((await people.anna.send(IMPORT, { input: input([self], { includeOrigins }) })).errors[0]).toMatchObject({ extensions: { code: 'INVALID_MANIFEST' } });
    }
  });
});

describe('an import with includeOrigins', () => {
  it('brings the chain, one task each, with names, access and binding of its own', async () => {
    const images = chain('brought');
    await load();
    const dry = await people.anna.run(IMPORT, { input: input(images, { dryRun: true }) });
    expect(dry.importRepositoryImage.warnings).toEqual(expect.arrayContaining([
      `Its base image ${images[0]!.uuid} is imported first, from repository first, as brought-1.`,
      `Its base image ${images[1]!.uuid} is imported first, from repository first, as brought-2.`,
    ]));
    expect(await found('brought')).toEqual([]);
    const { importRepositoryImage } = await people.anna.run(IMPORT, { input: input(images, { name: 'top', access: 'PUBLIC' }) });
    expect(importRepositoryImage).toMatchObject({ image: { name: 'top', status: 'PENDING', origin: { name: 'brought-2' } }, warnings: [expect.stringContaining('brought-1'), expect.stringContaining('brought-2')] });
    expect(await world.admin.ended(importRepositoryImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    const { image } = await world.admin.run('{ image(name: "top") { status origin { name status access boundDatacenter { name } owner { username } file { size } origin { name status access file { size } } } } }');
    expect(image).toEqual({
      status: 'OK',
      origin: { name: 'brought-2', status: 'OK', access: 'PUBLIC', boundDatacenter: { name: 'alpha' }, owner: { username: 'anna' }, file: { size: 4096 }, origin: { name: 'brought-1', status: 'OK', access: 'PUBLIC', file: { size: 4096 } } },
    });
    for (const name of ['brought-1', 'brought-2', 'top']) expect(await taskOf(name)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('finds origins in other repositories and for an address, and gives them a free name', async () => {
    await world.image('taken');
    const base = { ...world.offer({ name: 'taken', version: 'taken', size: 100 }) };
    world.repository.images.pop();
    other.images.push(base);
    const top = world.offer({ name: 'by-url', version: '1', manifest: { origin: base.uuid } });
    await load();
    const answer = await world.import('by-url', { includeOrigins: true }, top);
    expect(answer.errors).toEqual([]);
    expect(await world.admin.ended(answer.data!.importImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    const { image } = await world.admin.run('{ image(name: "by-url") { origin { name alias uuid repository { name } } } }');
    const name = `taken-${base.uuid.slice(0, 8)}`;
    expect(image.origin).toEqual({ name, alias: name, uuid: base.uuid, repository: { name: 'other' } });
  });

  it('leaves its name to the image that builds on origins of the same name', async () => {
    const same = (version: string, origin?: string): OfferedImage => world.offer({ name: 'twin', version, manifest: { origin } });
    const base = same('1');
    const middle = same('2', base.uuid);
    const top = same('3', middle.uuid);
    await load();
    const named = expect.arrayContaining([base, middle].map(({ uuid }) => expect.stringContaining(`as twin-${uuid.slice(0, 8)}.`) as string)) as string[];
    const { importRepositoryImage: dry } = await people.anna.run(IMPORT, { input: input([top], { dryRun: true }) });
    expect(dry.warnings).toEqual(named);
    const { importRepositoryImage } = await people.anna.run(IMPORT, { input: input([top]) });
    expect(importRepositoryImage.warnings).toEqual(named);
    expect(await world.admin.ended(importRepositoryImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await found('twin')).toEqual(['twin', ...[base, middle].map(({ uuid }) => `twin-${uuid.slice(0, 8)}`)].sort());
  });

  it('waits for a base that somebody else is importing', async () => {
    const images = chain('awaited', 2);
    await load();
    world.repository.fail = { file: { slow: 8000 } };
    const begun = await world.import('awaited-base', {}, images[0]);
    expect(await world.admin.code(IMPORT, { input: input(images, { includeOrigins: false }) })).toBe('MISSING_ORIGIN');
    const { importRepositoryImage } = await world.admin.run(IMPORT, { input: input(images) });
    expect(importRepositoryImage.warnings).toEqual([]);
    expect(await world.admin.ended(importRepositoryImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    world.repository.fail = {};
    expect(await world.admin.ended(begun.data!.importImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('counts all images against the limit, and asks the right of all', async () => {
    const images = chain('limited');
    await load();
    const { datacenter } = await world.admin.run('{ datacenter(name: "alpha") { boundImageCount } }');
    const limit = async (value: number | null): Promise<unknown> => world.admin.run('mutation ($limit: Int) { updateDatacenterSettings(input: { datacenter: "alpha", vmsImageLimit: $limit }) { name } }', { limit: value });
    await limit(datacenter.boundImageCount + 2);
    const { boundImageCount: bound } = datacenter;
    expect((await people.anna.send(IMPORT, { input: input(images) })).errors[0]).toMatchObject({
      message: `Datacenter alpha has ${bound} bound images and its VMS_IMAGE_LIMIT is ${bound + 2}, and this brings 3, with the base images that are missing; delete or release some, or raise the limit.`,
      extensions: { code: 'IMAGE_LIMIT_REACHED' },
    });
    expect(await found('limited')).toEqual([]);
    await limit(null);
    expect(await people.dora.code(IMPORT, { input: input(images) })).toBe('FORBIDDEN');
    expect(await people.anna.code(IMPORT, { input: input(images, { dcBound: false }) })).toBe('FORBIDDEN');
  });

  it('refuses chains that go in a circle or are too long', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    const circle = [world.offer({ uuid: first, name: 'circle-1', version: '1', manifest: { origin: second } }), world.offer({ uuid: second, name: 'circle-2', version: '1', manifest: { origin: first } })];
    const long = chain('long', 12);
    await load();
    expect((await world.admin.send(IMPORT, { input: input(circle) })).errors[0]).toMatchObject({ message: expect.stringContaining('form a circle'), extensions: { code: 'INVALID_MANIFEST' } });
    expect((await world.admin.send(IMPORT, { input: input(long) })).errors[0]).toMatchObject({ message: expect.stringContaining('more than 10 images'), extensions: { code: 'INVALID_MANIFEST' } });
    expect(await found('circle', 'long')).toEqual([]);
  });
});

describe('a base that cannot be imported', () => {
  it('ends the imports that wait for it, with its reason, and leaves nothing', async () => {
    const images = chain('broken', 3, [{ at: 1, manifest: { files: [{ sha1: '0'.repeat(40), size: 4096, compression: 'none' }] } }]);
    await load();
    const before = await world.stored();
    const { importRepositoryImage } = await world.admin.run(IMPORT, { input: input(images) });
    expect(await world.admin.ended(importRepositoryImage.task.id)).toMatchObject({ status: 'FAILED', errorCode: 'MISSING_ORIGIN' });
    expect(await taskOf('broken-1')).toMatchObject({ status: 'FAILED', errorCode: 'CHECKSUM_MISMATCH' });
    expect(await taskOf('broken-2')).toMatchObject({ status: 'FAILED', errorCode: 'MISSING_ORIGIN', error: expect.stringMatching(/builds on [-0-9a-f]+, which is no longer in the catalogue; its import failed: .*sha1/) });
    expect(await found('broken')).toEqual([]);
    expect(await world.stored()).toEqual(before);
  });

  it('ends them when its import is cancelled, and a waiting import can be cancelled alone', async () => {
    const images = chain('cancelled');
    await load();
    world.repository.fail = { file: { slow: 500 } };
    const { importRepositoryImage } = await world.admin.run(IMPORT, { input: input(images) });
    const CANCEL = 'mutation ($id: ID!) { cancelTask(id: $id) { status } }';
    await world.admin.run(CANCEL, { id: importRepositoryImage.task.id });
    expect(await world.admin.ended(importRepositoryImage.task.id)).toMatchObject({ status: 'CANCELLED' });
    expect(await found('cancelled')).toEqual(['cancelled-1', 'cancelled-2']);
    await world.admin.run(CANCEL, { id: (await taskOf('cancelled-1')).id });
    const { id } = await taskOf('cancelled-2');
    expect(await world.admin.ended(id)).toMatchObject({ status: 'FAILED', error: expect.stringContaining('its import was cancelled.') });
    expect(await found('cancelled')).toEqual([]);
    world.repository.fail = {};
  });

  it('leaves nothing PENDING after a kill in the middle of a chain', async () => {
    const images = chain('killed');
    await load();
    world.repository.fail = { file: { slow: 4000 } };
    const { importRepositoryImage } = await world.admin.run(IMPORT, { input: input(images) });
    await world.restart();
    world.repository.fail = {};
    expect(await world.admin.ended(importRepositoryImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    const { images: all } = await world.admin.run('{ images(showAll: true, filter: { search: "killed" }) { nodes { name status } } }');
    expect(all.nodes).toEqual(['killed-1', 'killed-2', 'killed-3'].map((name) => ({ name, status: 'OK' })));
  });
});

it('imports a chain in the database alone where there is no image server', async () => {
  await world.imageServer(null);
  const images = chain('bare');
  await load();
  const { importRepositoryImage } = await world.admin.run(IMPORT, { input: input(images) });
  expect(importRepositoryImage).toMatchObject({ image: { status: 'OK', origin: { name: 'bare-2' } }, task: { status: 'SUCCEEDED' } });
  await world.imageServer('img01');
  // Each of them gets its file, its base first.
  const again = await world.admin.run(IMPORT, { input: input(images.slice(0, 1)) });
  expect(await world.admin.ended(again.importRepositoryImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
});
