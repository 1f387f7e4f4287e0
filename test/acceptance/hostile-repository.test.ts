import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, type RepositoryFault, startImgapiRepository } from '../support/imgapi-repository.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

const STATE = '{ imageRepository(name: "remote") { status error lastUpdate imageCount images { totalCount nodes { name } } } }';
const LOAD = 'mutation { refreshImageRepository(name: "remote") { added } }';

describe('a repository that misbehaves', () => {
  let gateway: GatewayProcess;
  let admin: TestClient;
  let folder: TemporaryFolder;
  let repository: ImgapiRepository;

  beforeAll(async () => {
    const images = ['one', 'two', 'three'].map((name) => makeImage({ name, version: '1', size: 100 }));
    repository = await startImgapiRepository({ images });
    repository.etag = false;
    ({ gateway, admin, folder } = await startFresh());
    const input = { vmsImageRepositories: [{ name: 'remote', url: repository.url }] };
    await admin.run('mutation ($input: UpdateGlobalSettingsInput!) { updateGlobalSettings(input: $input) { vmsImageVmNic } }', { input });
    await admin.run(LOAD);
  });
  afterAll(async () => {
    await gateway?.stop();
    await repository?.close();
    await folder?.remove();
  });

  const faults: [string, RepositoryFault][] = [
    ['answers 500', 'status500'],
    ['answers a web page', 'html'],
    ['breaks off in the middle of its list', 'halfList'],
    ['sends white space without end', 'spaces'],
    ['redirects to itself', 'redirectLoop'],
    ['takes the connection and says nothing', 'silence'],
  ];

  it.each(faults)('and %s leaves the old list, and an error that says so', async (_what, fault) => {
    const before = (await admin.run(STATE)).imageRepository;
    repository.fail = { list: fault };
    const load = admin.send(LOAD);
    // Somebody else's request is answered meanwhile.
    expect((await admin.run('{ viewer { user { username } } }')).viewer.user.username).toBe('admin');
    const { errors } = await load;
    expect(errors[0]?.extensions.code).toBe('REPOSITORY_UNREACHABLE');
    const after = (await admin.run(STATE)).imageRepository;
    expect(after).toMatchObject({ status: 'FAILED', imageCount: 3, lastUpdate: before.lastUpdate, images: before.images });
    expect(after.error).toBe(errors[0]?.message);
  });

  it('is loaded again once it has recovered', async () => {
    repository.fail = {};
    await admin.run(LOAD);
    expect((await admin.run(STATE)).imageRepository).toMatchObject({ status: 'OK', error: null, imageCount: 3 });
  });

  it('is not asked twice at once', async () => {
    repository.fail = { list: { slow: 2000 } };
    const codes = await Promise.all([admin.code(LOAD), admin.code(LOAD), admin.code(LOAD)]);
    repository.fail = {};
    expect(codes.sort()).toEqual(['REPOSITORY_BUSY', 'REPOSITORY_BUSY', 'data']);
  });

  it('cannot lead the gateway to an address that is not allowed', async () => {
    const input = { name: 'metadata', manifestUrl: 'http://169.254.169.254/latest', datacenter: 'main' };
    expect(await admin.code('mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } } }', { input })).toBe('URL_NOT_ALLOWED');
  });

  it('cannot lead the download of a file to such an address either', async () => {
    repository.fail = { file: { redirectTo: 'http://169.254.169.254/latest' } };
    const manifestUrl = repository.manifestUrl(repository.images[0] ?? makeImage());
    const input = { name: 'led-away', manifestUrl, datacenter: 'main' };
    const { importImage } = await admin.run('mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }', { input });
    const ended = await admin.ended(importImage.task.id);
    repository.fail = {};
    expect(ended).toMatchObject({ status: 'FAILED', errorCode: 'URL_NOT_ALLOWED' });
    expect((await admin.run('{ image(name: "led-away") { name } }')).image).toBe(null);
  });
});
