import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { World } from '../support/world.js';

const ADD = 'mutation ($name: String!, $url: HttpUrl!) { repository: addImageRepository(input: { name: $name, url: $url }) { name url status isLocal imageCount } }';
const UPDATE = ADD.replace('addImageRepository', 'updateImageRepository');
const REMOVE = 'mutation ($name: String!) { removeImageRepository(name: $name) }';
const REPLACE = 'mutation ($list: [NamedUrlInput!]) { updateGlobalSettings(input: { vmsImageRepositories: $list }) { vmsImageRepositories { name url } droppedRepositories { name url } } }';

let world: World;
let other: ImgapiRepository;
let page: Server;
beforeAll(async () => {
  world = await World.start();
  world.offer({ name: 'one', version: '1' });
  other = await startImgapiRepository({ images: [makeImage({ name: 'two', version: '2' })] });
  page = createServer((_request, response) => void response.end('<html>Welcome</html>'));
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  page?.close();
  await other?.close();
  await world?.close();
});

async function configured(): Promise<string[]> {
  const { globalSettings } = await world.admin.run('{ globalSettings { vmsImageRepositories { name url } } }');
  return globalSettings.vmsImageRepositories.map(({ name, url }: { name: string; url: string }) => `${name} ${url}`);
}

async function lastChange(): Promise<unknown> {
  const { tasks } = await world.admin.run('{ tasks(first: 1, action: [SETTINGS_UPDATE]) { nodes { status detail } } }');
  return tasks.nodes[0];
}

describe('one image repository', () => {
  it('is added, and leaves the others as they are', async () => {
    await world.admin.run(REPLACE, { list: [{ name: 'first', url: other.url }] });
    await world.admin.run('mutation { refreshImageRepository(name: "first") { added } }');
    const { repository } = await world.admin.run(ADD, { name: 'added', url: world.repository.url });
    expect(repository).toEqual({ name: 'added', url: world.repository.url, status: 'NEVER_LOADED', isLocal: false, imageCount: 0 });
    expect(await configured()).toEqual([`added ${world.repository.url}`, `first ${other.url}`]);
    expect((await world.admin.run('{ imageRepository(name: "first") { imageCount status } }')).imageRepository).toEqual({ imageCount: 1, status: 'OK' });
    expect(await lastChange()).toEqual({
      status: 'SUCCEEDED',
      detail: { vmsImageRepositories: { before: [{ name: 'first', url: other.url }], after: [{ name: 'added', url: world.repository.url }, { name: 'first', url: other.url }] } },
    });
  });

  it('is pointed at another address, which drops its list; the same address changes nothing', async () => {
    const before = await lastChange();
    expect((await world.admin.run(UPDATE, { name: 'first', url: other.url })).repository).toMatchObject({ status: 'OK', imageCount: 1 });
    expect(await lastChange()).toEqual(before);
    expect((await world.admin.run(UPDATE, { name: 'first', url: world.repository.url })).repository).toMatchObject({ url: world.repository.url, status: 'NEVER_LOADED', imageCount: 0 });
    expect(await configured()).toEqual([`added ${world.repository.url}`, `first ${world.repository.url}`]);
  });

  it('is removed, and images that were imported from it stay', async () => {
    await world.admin.run('mutation { refreshImageRepository(name: "added") { added } }');
    const [offered] = world.repository.images;
    const { importRepositoryImage } = await world.admin.run('mutation ($uuid: UUID!) { importRepositoryImage(input: { repository: "added", uuid: $uuid, datacenter: "main" }) { task { id } } }', { uuid: offered?.manifest.uuid });
    await world.admin.ended(importRepositoryImage.task.id);
    expect((await world.admin.run(REMOVE, { name: 'added' })).removeImageRepository).toBe('added');
    expect(await configured()).toEqual([`first ${world.repository.url}`]);
    expect((await world.admin.run('{ image(name: "one") { status repository { name } } }')).image).toEqual({ status: 'OK', repository: null });
  });

  it.each([
    ['a name in use', ADD, () => ({ name: 'first', url: other.url }), 'ALREADY_EXISTS', /The repository first is there already, with the address http:\/\/127/],
    ['the name of the local one', ADD, () => ({ name: 'img01', url: other.url }), 'BAD_USER_INPUT', /name of the local repository/],
    ['a malformed name', ADD, () => ({ name: 'No Name', url: other.url }), 'BAD_USER_INPUT', /"No Name" is not a name: 1 to 32 of/],
    ['a server that is down', ADD, () => ({ name: 'down', url: 'http://127.0.0.1:9' }), 'REPOSITORY_UNREACHABLE', /http:\/\/127\.0\.0\.1:9/],
    ['what is no IMGAPI server', ADD, () => ({ name: 'page', url: `http://127.0.0.1:${(page.address() as AddressInfo).port}` }), 'REPOSITORY_UNREACHABLE', /http:\/\/127\.0\.0\.1:\d+/],
    ['an update of none', UPDATE, () => ({ name: 'none', url: other.url }), 'NOT_FOUND', /"none"/],
    ['an update of the local one', UPDATE, () => ({ name: 'img01', url: other.url }), 'BAD_USER_INPUT', /local repository/],
    ['an update to what is down', UPDATE, () => ({ name: 'first', url: 'http://127.0.0.1:9' }), 'REPOSITORY_UNREACHABLE', /http:\/\/127\.0\.0\.1:9/],
    ['the removal of none', REMOVE, () => ({ name: 'none' }), 'NOT_FOUND', /"none"/],
    ['the removal of the local one', REMOVE, () => ({ name: 'img01' }), 'BAD_USER_INPUT', /while an image server is configured/],
  ])('refuses %s, and changes nothing', async (_what, mutation, variables, code, message) => {
    const before = await configured();
    const { errors } = await world.admin.send(mutation, variables());
    expect(errors).toMatchObject([{ message: expect.stringMatching(message) as string, extensions: { code } }]);
    expect(await configured()).toEqual(before);
  });

  it('is refused beyond the sixteenth', async () => {
    const list = Array.from({ length: 16 }, (_, at) => ({ name: `r${at}`, url: other.url }));
    await world.admin.run(REPLACE, { list });
    const { errors } = await world.admin.send(ADD, { name: 'more', url: other.url });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'name', message: expect.stringContaining('at most 16') as string }] } }]);
  });
});

it('a list that replaces the repositories says which ones it dropped', async () => {
  await world.admin.run(REPLACE, { list: [{ name: 'a', url: other.url }, { name: 'b', url: other.url }, { name: 'c', url: other.url }] });
  const { updateGlobalSettings } = await world.admin.run(REPLACE, { list: [{ name: 'b', url: world.repository.url }, { name: 'a', url: other.url }] });
  expect(updateGlobalSettings).toEqual({
    vmsImageRepositories: [{ name: 'a', url: other.url }, { name: 'b', url: world.repository.url }],
    droppedRepositories: [{ name: 'b', url: other.url }, { name: 'c', url: other.url }],
  });
  expect((await world.admin.run('{ globalSettings { droppedRepositories { name } } }')).globalSettings).toEqual({ droppedRepositories: [] });
});
