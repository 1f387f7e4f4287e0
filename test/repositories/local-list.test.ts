import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trustedHosts } from '../../src/repositories/trusted-hosts.js';
import { makeImage, type PublishedImage } from '../support/imgapi-repository.js';
import { createRefreshWorld, type RefreshWorld } from './refresh-world.js';

describe('refreshing the local repository', () => {
  let world: RefreshWorld;

  beforeAll(async () => {
    world = await createRefreshWorld();
    await mkdir(world.storePath);
    await world.addRepository({ name: 'img01', url: 'http://127.0.0.1:4000/imgapi', isLocal: true });
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  async function place(image: PublishedImage, { manifest = JSON.stringify(image.manifest), file = image.file as Buffer | null, as = image.manifest.uuid } = {}) {
    const folder = join(world.storePath, as);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'manifest'), manifest);
    if (file !== null) await writeFile(join(folder, 'file'), file);
  }
  const refresh = async () => world.as(world.operator).service.refresh('img01');
  const problemOf = async ({ manifest }: PublishedImage) =>
    (await world.as(world.operator).entries.one(await world.repository('img01'), manifest.uuid, { fields: new Set() }))?.notImportableReason;

  it('lists what was placed in the store by hand, with the problem of each image that has one', async () => {
    const [good, fileless, short] = [makeImage({ name: 'good' }), makeImage({ name: 'fileless' }), makeImage({ name: 'short' })];
    await place(good);
    await place(fileless, { file: null });
    await place(short, { file: short.file.subarray(1) });
    expect(await refresh()).toMatchObject({ added: 3, skipped: 0, repository: { isLocal: true, status: 'OK' } });
    expect(await Promise.all([good, fileless, short].map(problemOf))).toEqual([null, 'NO_FILE', 'CHECKSUM_MISMATCH']);
    await place(fileless);
    expect(await refresh()).toMatchObject({ added: 0, changed: 1, removed: 0 });
    expect(await problemOf(fileless)).toBeNull();
  });

  it('leaves out folders that hold no manifest of their own, with the reason', async () => {
    const [other, broken, bare] = [makeImage(), makeImage(), makeImage()];
    const elsewhere = 'aaaaaaaa-0000-4000-8000-000000000000';
    await place(other, { as: elsewhere });
    await place(broken, { manifest: '{"uuid":' });
    await mkdir(join(world.storePath, bare.manifest.uuid));
    const { skipped, task } = await refresh();
    expect(skipped).toBe(3);
    const reasons = (task.detail as { skipped: { uuid: string; reason: string }[] }).skipped;
    const reasonOf = (uuid: string) => reasons.find((one) => one.uuid === uuid)?.reason;
    expect(reasonOf(elsewhere)).toContain(other.manifest.uuid);
    expect(reasonOf(broken.manifest.uuid)).toContain('not JSON');
    expect(reasonOf(bare.manifest.uuid)).toContain('no manifest');
  });

  it('is not a host that downloads may go to, unlike the configured repositories', async () => {
    await world.addRepository({ name: 'remote', url: 'https://images.example/prefix' });
    expect([...(await trustedHosts(world.database.em.fork()))]).toEqual(['images.example:443']);
  });
});
