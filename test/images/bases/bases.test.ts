import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startStaffed, type StaffedWorld } from '../../support/staff.js';
import type { Fields, OfferedImage, World } from '../../support/world.js';
import { follow } from '../../support/follow.js';

let world: World;
let people: StaffedWorld['people'];
beforeAll(async () => {
  ({ world, people } = await startStaffed());
});
afterAll(async () => world?.close());

const DELETE = 'mutation ($name: String!, $dryRun: Boolean) { deleteImage(input: { name: $name, dryRun: $dryRun }) { task { id } warnings } }';
const UPDATE = 'mutation ($input: UpdateImageInput!) { updateImage(input: $input) { task { id } warnings } }';
const ACTIONS = 'query ($name: String) { image(name: $name) { actions { action allowed code reason } } }';

/** An image of the catalogue that builds on another one. */
async function child(name: string, base: OfferedImage, fields: Fields = {}): Promise<OfferedImage> {
  return world.image(name, fields, { name, version: '1', manifest: { origin: base.uuid } });
}

async function update(input: Fields): Promise<string[]> {
  const { updateImage } = await world.admin.run(UPDATE, { input });
  if (input.dryRun !== true) await world.admin.ended(updateImage.task.id);
  return updateImage.warnings;
}

describe('the origin of an image', () => {
  it('links a chain of images in both directions, each page of children with its cursors and count', async () => {
    const base = await world.image('chain-1', { access: 'PUBLIC' });
    const second = await child('chain-2', base);
    await child('chain-3', second);
    await child('chain-2b', base);
    const { image } = await world.admin.run(`{ image(name: "chain-3") { origin { name origin { name uuid origin { name }
      children(first: 1) { totalCount nodes { name } edges { cursor } pageInfo { hasNextPage endCursor } } } } children { totalCount nodes { name } } } }`);
    expect(image).toMatchObject({
      origin: { name: 'chain-2', origin: { name: 'chain-1', uuid: base.uuid, origin: null, children: { totalCount: 2, nodes: [{ name: 'chain-2' }], pageInfo: { hasNextPage: true } } } },
      children: { totalCount: 0, nodes: [] },
    });
    const { endCursor } = image.origin.origin.children.pageInfo;
    const next = await world.admin.run('query ($after: String) { image(name: "chain-1") { children(after: $after) { nodes { name } pageInfo { hasNextPage hasPreviousPage } } } }', { after: endCursor });
    expect(next.image.children).toEqual({ nodes: [{ name: 'chain-2b' }], pageInfo: { hasNextPage: false, hasPreviousPage: true } });
    const last = await world.admin.run('{ image(name: "chain-1") { children(last: 1) { nodes { name } pageInfo { hasPreviousPage } } } }');
    expect(last.image.children).toEqual({ nodes: [{ name: 'chain-2b' }], pageInfo: { hasPreviousPage: true } });
  });

  it('is answered to other subgraphs and in lists', async () => {
    const { _entities } = await world.admin.run('{ _entities(representations: [{ __typename: "Image", name: "chain-2" }, { __typename: "Image", name: "chain-1" }]) { ... on Image { name origin { name } children { nodes { name } } } } }');
    expect(_entities).toEqual([
      { name: 'chain-2', origin: { name: 'chain-1' }, children: { nodes: [{ name: 'chain-3' }] } },
      { name: 'chain-1', origin: null, children: { nodes: [{ name: 'chain-2' }, { name: 'chain-2b' }] } },
    ]);
    const { images } = await world.admin.run('{ images(datacenter: "alpha", filter: { search: "chain" }) { nodes { name children(first: 200) { totalCount nodes { name alias tags owner { username } } } } } }');
    expect(images.nodes.map(({ name, children }: { name: string; children: { totalCount: number } }) => [name, children.totalCount])).toEqual([['chain-1', 2], ['chain-2', 1], ['chain-2b', 0], ['chain-3', 0]]);
  });

  it('is guarded, and shows no image that the viewer cannot see', async () => {
    const { data, errors } = await people.peter.send('{ image(name: "chain-1") { name origin { name } children { nodes { name } } } }');
    expect(data?.image).toEqual({ name: 'chain-1', origin: null, children: null });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    const hidden = await world.image('hidden-base', { datacenter: 'beta' });
    await child('seen-child', hidden);
    const seen = await people.dora.run('{ image(name: "seen-child") { origin { name } } }');
    expect(seen.image).toEqual({ origin: null });
  });

  it('refuses a cursor and a page that are none', async () => {
    const code = async (args: string): Promise<string> => world.admin.code(`{ image(name: "chain-1") { children(${args}) { nodes { name } } } }`);
    expect(await code('after: "x"')).toBe('BAD_USER_INPUT');
    expect(await code('first: 201')).toBe('BAD_USER_INPUT');
  });
});

describe('a base with children', () => {
  it('cannot be deleted: the mutation, the dry run and the verdict say the same', async () => {
    const answer = {
      message: '2 images build on image chain-1 (chain-2, chain-2b), and could not be installed without it; delete those first, or set the access of chain-1 to DELETED.',
      extensions: { code: 'IMAGE_HAS_CHILDREN', count: 2, children: ['chain-2', 'chain-2b'] },
    };
    for (const dryRun of [true, false]) expect((await world.admin.send(DELETE, { name: 'chain-1', dryRun })).errors[0]).toMatchObject(answer);
    const { image } = await world.admin.run(ACTIONS, { name: 'chain-1' });
    expect(image.actions).toContainEqual({ action: 'DELETE', allowed: false, code: 'IMAGE_HAS_CHILDREN', reason: answer.message });
    expect((await world.admin.run('{ image(name: "chain-1") { status } }')).image).toEqual({ status: 'OK' });
  });

  it('names only the children that the caller sees, and counts all', async () => {
    const base = await world.image('shared-base', { access: 'PUBLIC' });
    await world.datacenter('beta');
    await child('mine', base);
    await child('theirs', base, { datacenter: 'beta' });
    const { errors } = await people.anna.send(DELETE, { name: 'shared-base' });
    expect(errors[0]?.extensions).toMatchObject({ code: 'IMAGE_HAS_CHILDREN', count: 2, children: ['mine'] });
    expect(JSON.stringify(errors)).not.toContain('theirs');
  });

  it('can be deleted once its children are gone, and viewers of the base are told of that', async () => {
    const base = await world.image('last-base', { access: 'PUBLIC' });
    await child('only-child', base);
    const followed = await follow('websocket', world.gateway.url, String(world.admin.key), 'subscription { imageChanged { kind name } }');
    const { deleteImage } = await world.admin.run(DELETE, { name: 'only-child' });
    expect(await world.admin.ended(deleteImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    await vi.waitFor(() => expect(followed.events).toEqual(expect.arrayContaining([
      { imageChanged: { kind: 'DELETED', name: 'only-child' } },
      { imageChanged: { kind: 'UPDATED', name: 'last-base' } },
    ])), 10_000);
    await followed.stop();
    const after = await world.admin.run(DELETE, { name: 'last-base' });
    expect(await world.admin.ended(after.deleteImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('still serves its children when its access is DELETED, and takes further ones', async () => {
    const base = await world.image('old-base', { access: 'PUBLIC' });
    await child('young-1', base);
    await update({ name: 'old-base', access: 'DELETED' });
    expect((await fetch(`${world.gateway.url}/imgapi/images/${base.uuid}/file`)).status).toBe(200);
    await child('young-2', base);
  });
});

describe('what nodes outside the trusted networks cannot install', () => {
  const PUBLIC_CHILD = /^The image is PUBLIC and its base private-base \([-0-9a-f]+\) is PRIVATE: compute nodes outside IMGAPI_TRUSTED/;
  const PRIVATE_BASE = /^1 PUBLIC image builds on it: compute nodes outside IMGAPI_TRUSTED .* a base that is PRIVATE\.$/;

  it('is warned of when a PUBLIC image is imported or made on a base that is not', async () => {
    const base = await world.image('private-base');
    const offered = world.offer({ name: 'public-child', version: '1', manifest: { origin: base.uuid } });
    const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } warnings } }';
    const input = { name: 'public-child', manifestUrl: offered.manifestUrl, datacenter: 'alpha', access: 'PUBLIC' };
    const dry = await world.admin.run(IMPORT, { input: { ...input, dryRun: true } });
    expect(dry.importImage.warnings).toContainEqual(expect.stringMatching(PUBLIC_CHILD));
    const { importImage } = await world.admin.run(IMPORT, { input });
    expect(importImage.warnings).toEqual([expect.stringMatching(PUBLIC_CHILD)]);
    expect((await world.admin.ended(importImage.task.id)).status).toBe('SUCCEEDED');
    expect(await update({ name: 'public-child', access: 'PRIVATE' })).toEqual([]);
    expect(await update({ name: 'public-child', access: 'PUBLIC', dryRun: true })).toContainEqual(expect.stringMatching(PUBLIC_CHILD));
    expect(await update({ name: 'public-child', access: 'PUBLIC' })).toEqual([expect.stringMatching(PUBLIC_CHILD)]);
  });

  it('is warned of when the base of PUBLIC images becomes PRIVATE', async () => {
    expect(await update({ name: 'private-base', access: 'PUBLIC' })).toEqual([]);
    expect(await update({ name: 'private-base', access: 'PRIVATE', dryRun: true })).toContainEqual(expect.stringMatching(PRIVATE_BASE));
    expect(await update({ name: 'private-base', access: 'PRIVATE' })).toEqual([expect.stringMatching(PRIVATE_BASE)]);
  });
});
