import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStaffed, type StaffedWorld } from '../support/staff.js';
import type { World } from '../support/world.js';

let world: World;

let people: StaffedWorld['people'];
beforeAll(async () => {
  ({ world, people } = await startStaffed());
  await world.admin.run('mutation ($url: HttpUrl!) { updateGlobalSettings(input: { vmsImageRepositories: [{ name: "remote", url: $url }] }) { vmsImageVmNic } }', { url: world.repository.url });
});
afterAll(async () => world?.close());

const DATABASE_ONLY = 'No image server is configured (VMS_IMAGE_VM), so this was done in the database only: there is no file.';
const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name uuid status alias file { sha1 } } task { id status } warnings } }';
const IMPORT_OFFERED = 'mutation ($input: ImportRepositoryImageInput!) { importRepositoryImage(input: $input) { image { name status file { sha1 } } task { id status } warnings } }';

describe('without an image server', () => {
  beforeAll(async () => world.imageServer(null));

  it('every change is made in the database at once, and says so', async () => {
    const { manifestUrl } = world.offer({ name: 'paper', version: '1' });
    const { importImage } = await world.admin.run(IMPORT, { input: { name: 'paper', manifestUrl, datacenter: 'alpha', access: 'PUBLIC' } });
    expect(importImage).toMatchObject({ image: { status: 'OK', file: null }, task: { status: 'SUCCEEDED' }, warnings: [DATABASE_ONLY] });
    const { updateImage } = await world.admin.run('mutation { updateImage(input: { name: "paper", alias: "Paper" }) { image { status alias } task { status } warnings } }');
    expect(updateImage).toEqual({ image: { status: 'OK', alias: 'Paper' }, task: { status: 'SUCCEEDED' }, warnings: [DATABASE_ONLY] });
    const { attachImage } = await world.admin.run('mutation { attachImage(input: { image: "paper", datacenter: "beta" }) { bindingRemoved warnings } }');
    expect(attachImage).toEqual({ bindingRemoved: true, warnings: [DATABASE_ONLY] });
    const { deleteImage } = await world.admin.run('mutation { deleteImage(input: { name: "paper" }) { task { status } warnings } }');
    expect(deleteImage).toEqual({ task: { status: 'SUCCEEDED' }, warnings: [DATABASE_ONLY] });
    expect((await world.admin.run('{ image(name: "paper") { name } imageServer { url } imageRepositories { name } }'))).toEqual({ image: null, imageServer: null, imageRepositories: [{ name: 'remote' }] });
  });

  it('compute nodes are told that there is none', async () => {
    expect((await fetch(`${world.gateway.url}/imgapi/images`)).status).toBe(503);
  });
});

describe('with the image server on again', () => {
  let uuid: string;
  let manifestUrl: string;
  let sha1: string;

  beforeAll(async () => {
    await world.imageServer(null);
    const offered = world.offer({ name: 'blank', version: '2', size: 50_000 });
    ({ manifestUrl } = offered);
    uuid = offered.manifest.uuid;
    sha1 = (offered.manifest.files as { sha1: string }[])[0]!.sha1;
    await people.anna.run(IMPORT, { input: { name: 'blank', manifestUrl, datacenter: 'alpha', alias: 'Blank', access: 'PUBLIC' } });
    await world.imageServer('img01');
  });

  it('an image without bytes shows it, and is not served', async () => {
    expect((await world.admin.run('{ image(name: "blank") { status file { sha1 } } }')).image).toEqual({ status: 'OK', file: null });
    expect((await fetch(`${world.gateway.url}/imgapi/images/${uuid}`)).status).toBe(404);
  });

  it('is as it was when giving it its file fails', async () => {
    world.repository.fail = { file: 'wrongByte' };
    const { importImage } = await people.anna.run(IMPORT, { input: { name: 'blank', manifestUrl, datacenter: 'alpha' } });
    expect(importImage).toMatchObject({ image: { status: 'PENDING' } });
    expect(await world.admin.ended(importImage.task.id)).toMatchObject({ status: 'FAILED', errorCode: 'CHECKSUM_MISMATCH' });
    expect((await world.admin.run('{ image(name: "blank") { status alias file { sha1 } } }')).image).toEqual({ status: 'OK', alias: 'Blank', file: null });
    world.repository.fail = {};
  });

  it('refuses to be taken for another image, or from another source', async () => {
    const other = await world.admin.send(IMPORT, { input: { name: 'other', manifestUrl, datacenter: 'alpha' } });
    expect(other.errors[0]).toMatchObject({ message: expect.stringContaining('as blank and without a file; import it under that name'), extensions: { code: 'ALREADY_EXISTS' } });
    const elsewhere = await world.admin.send(IMPORT, { input: { name: 'blank', manifestUrl: `${manifestUrl}?x=1`, fileUrl: `${manifestUrl}/file`, datacenter: 'alpha' } });
    expect(elsewhere.errors[0]?.extensions.code).toBe('ALREADY_EXISTS');
    expect(await people.dora.code(IMPORT, { input: { name: 'blank', manifestUrl, datacenter: 'alpha' } })).toBe('FORBIDDEN');
  });

  it('gets its file by being imported again, the same uuid and the same image', async () => {
    const { importImage } = await people.anna.run(IMPORT, { input: { name: 'blank', manifestUrl, datacenter: 'alpha' } });
    expect(importImage).toMatchObject({ image: { uuid, alias: 'Blank', status: 'PENDING' }, warnings: ['Image blank is in the catalogue without a file: it keeps its fields and gets its file.'] });
    expect(await world.admin.ended(importImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await world.admin.run('{ image(name: "blank") { status alias access file { sha1 } } }')).image).toEqual({ status: 'OK', alias: 'Blank', access: 'PUBLIC', file: { sha1 } });
    expect((await fetch(`${world.gateway.url}/imgapi/images/${uuid}/file`)).status).toBe(200);
    expect(await people.anna.code(IMPORT, { input: { name: 'blank', manifestUrl, datacenter: 'alpha' } })).toBe('ALREADY_EXISTS');
  });

  it('is offered again by its repository until it has its file', async () => {
    await world.imageServer(null);
    const { manifest } = world.offer({ name: 'stocked', version: '3', size: 20_000 });
    await world.admin.run('mutation { refreshImageRepository(name: "remote") { added } }');
    const entry = async () => (await world.admin.run('query ($uuid: UUID!) { imageRepository(name: "remote") { image(uuid: $uuid) { importable notImportableReason } images(filter: { search: "stocked", importable: true }) { totalCount } } }', { uuid: manifest.uuid })).imageRepository;
    const input = { repository: 'remote', uuid: manifest.uuid, datacenter: 'alpha' };
    await world.admin.run(IMPORT_OFFERED, { input });
    expect(await entry()).toEqual({ image: { importable: false, notImportableReason: 'ALREADY_EXISTS' }, images: { totalCount: 0 } });
    await world.imageServer('img01');
    expect(await entry()).toEqual({ image: { importable: true, notImportableReason: null }, images: { totalCount: 1 } });
    const { importRepositoryImage } = await world.admin.run(IMPORT_OFFERED, { input });
    expect(await world.admin.ended(importRepositoryImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await entry()).toEqual({ image: { importable: false, notImportableReason: 'ALREADY_EXISTS' }, images: { totalCount: 0 } });
  });

  it('names only a server that can be one', async () => {
    const fault = async (name: string) => (await world.admin.send('mutation ($name: String) { updateGlobalSettings(input: { vmsImageVm: $name }) { vmsImageVmNic } }', { name })).errors[0];
    await world.server('linux-1', { image: 'blank' });
    expect(await fault('nothing')).toMatchObject({ message: expect.stringContaining('There is no server "nothing"'), extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'vmsImageVm' }] } });
    expect(await fault('linux-1')).toMatchObject({ message: expect.stringContaining('is a LINUX_VM; a SUNOS_ZONE server') });
  });
});
