import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startFresh } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
import { type CommandRunner, freshRunnerHere } from './run-command.js';

const NOBODY = { GATEWAY_URL: 'http://127.0.0.1:9' };
const NIGHTLY = ['images', 'import', 'debian-12', '--repo', 'remote', '--newest', '--as', 'debian-12-{version}', '--if-missing', '--wait'];

let repository: ImgapiRepository;
let gateway: GatewayProcess;
let data: TemporaryFolder;
let admin: CommandRunner;
let ann: CommandRunner;

function offer(name: string, version: string, publishedAt: string) {
  const image = makeImage({ name, version, size: 300_000, manifest: { published_at: publishedAt } });
  repository.images.push(image);
  return image;
}

beforeAll(async () => {
  repository = await startImgapiRepository();
  offer('debian-12', '1.0.0', '2026-01-01T00:00:00Z');
  offer('debian-12', '2.0.0', '2026-09-01T00:00:00Z');
  offer('debian-12-minimal', '9.0.0', '2026-10-01T00:00:00Z');
  ({ gateway, folder: data } = await startFresh());
  admin = (await freshRunnerHere()).with({ GATEWAY_URL: gateway.url, GATEWAY_KEY: gateway.firstKey ?? '' });
  await admin.run('users', 'create', 'ann');
  ann = admin.with({ GATEWAY_KEY: (await admin.run('keys', 'create', 'ann')).stdout.trim() });
});
afterAll(async () => {
  await gateway?.stop();
  await repository?.close();
  await data?.remove();
});

describe('repos', () => {
  it('are added once, loaded, listed and browsed', async () => {
    expect(await admin.run('repos', 'add', 'remote', repository.url)).toMatchObject({ code: 0, stderr: '' });
    expect(await admin.run('repos', 'add', 'remote', `${repository.url}/`)).toMatchObject({ code: 0, stdout: 'Repository remote is there already.\n' });
    const withPassword = `${repository.url.replace('://', '://reader:s3cret@')}/`;
    expect(await admin.run('repos', 'add', 'remote', withPassword)).toMatchObject({ code: 0, stdout: 'Repository remote is there already; its user and password are the given ones now.\n' });
    expect(await admin.json('repos', 'refresh', 'remote')).toMatchObject([{ added: 3, removed: 0, repository: { name: 'remote', status: 'OK' } }]);
    expect(repository.requests.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from('reader:s3cret').toString('base64')}`);
    expect(await admin.json('repos', 'ls')).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'remote', imageCount: 3 })]));
    const offered = await admin.json<{ name: string; version: string }[]>('repos', 'browse', 'remote', '--search', 'debian-12');
    expect(offered.map(({ name, version }) => `${name} ${version}`)).toEqual(['debian-12-minimal 9.0.0', 'debian-12 2.0.0', 'debian-12 1.0.0']);
  });

  it('are cut at the limit, which is said', async () => {
    const { stdout, stderr } = await admin.run('repos', 'browse', 'remote', '--limit', '2');
    expect([stdout.trim().split('\n').length, stderr]).toEqual([3, 'There are more than these 2; see more with --limit.\n']);
  });

  it('are removed, or not there', async () => {
    expect(await admin.run('repos', 'add', 'other', 'http://127.0.0.1:9')).toMatchObject({ code: 1, stderr: expect.stringContaining('REPOSITORY_UNREACHABLE') as string });
    const other = await startImgapiRepository();
    expect(await admin.run('repos', 'add', 'other', other.url)).toMatchObject({ code: 0 });
    await other.close();
    expect(await admin.run('repos', 'refresh', 'other')).toMatchObject({ code: 1, stderr: expect.stringContaining('REPOSITORY_UNREACHABLE') as string });
    expect(await admin.run('repos', 'refresh')).toMatchObject({ code: 1, stdout: expect.stringContaining('remote') as string });
    expect(await admin.run('repos', 'add', 'other', repository.url)).toMatchObject({ code: 1, stderr: expect.stringContaining('ALREADY_EXISTS') as string });
    expect(await admin.run('repos', 'remove', 'other')).toMatchObject({ code: 0 });
    expect(await admin.run('repos', 'remove', 'other')).toMatchObject({ code: 1, stderr: expect.stringContaining('NOT_FOUND') as string });
    expect(await admin.run('repos', 'remove', 'other', '--if-exists')).toMatchObject({ code: 0, stdout: 'Repository other is not there.\n' });
    expect(await admin.run('repos', 'ls')).toMatchObject({ stdout: expect.stringContaining('remote') as string });
    expect(await admin.run('repos', 'browse', 'other')).toMatchObject({ code: 1 });
  });
});

describe('images import', () => {
  it('imports the newest of exactly that name, shows in a pipe how it goes on, and does nothing while there is nothing new', async () => {
    const first = await admin.run(...NIGHTLY);
    expect(first).toMatchObject({ code: 0, stdout: 'Image debian-12-2.0.0 2.0.0 is imported.\n', stderr: expect.stringMatching(/^DONE( 100 %)?$/m) as string });
    expect(first.stderr).not.toContain('\u001b');
    expect(await admin.run(...NIGHTLY)).toMatchObject({ code: 0, stdout: expect.stringContaining('is here already') as string });
    offer('debian-12', '3.0.0', '2026-11-01T00:00:00Z');
    await admin.run('repos', 'refresh', 'remote');
    expect(await admin.run(...NIGHTLY)).toMatchObject({ code: 0, stdout: 'Image debian-12-3.0.0 3.0.0 is imported.\n' });
    expect(await admin.json('images', 'show', 'debian-12-3.0.0')).toMatchObject({ status: 'OK', boundDatacenter: { name: 'main' } });
  });

  it('says no when it is there without --if-missing, when there is none, and when the name is taken', async () => {
    expect(await admin.run('images', 'import', 'debian-12', '--repo', 'remote', '--newest')).toMatchObject({ code: 1, stderr: expect.stringContaining('ALREADY_EXISTS') as string });
    expect(await admin.run('images', 'import', 'debian', '--repo', 'remote', '--newest')).toMatchObject({ code: 1, stderr: expect.stringContaining('offers no image named "debian"') as string });
    expect(await admin.run('images', 'import', 'debian-12-minimal', '--repo', 'remote', '--newest', '--as', 'debian-12-3.0.0')).toMatchObject({ code: 1, stderr: expect.stringContaining('{version}') as string });
    expect(await ann.run(...NIGHTLY)).toMatchObject({ code: 1, stderr: expect.stringContaining('FORBIDDEN') as string });
  });

  it('takes a certain one, and one by the address of its manifest', async () => {
    const [wanted] = repository.images;
    const chosen = ['images', 'import', 'first', '--repo', 'remote', '--uuid', String(wanted!.manifest.uuid)];
    expect(await admin.run(...chosen, '--dry-run')).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing was changed') as string });
    expect(await admin.json(...chosen, '--wait', '--tag', 'a', '--tag', 'b')).toMatchObject({ image: { name: 'first', version: '1.0.0', status: 'OK' }, task: { status: 'SUCCEEDED' } });
    expect(await admin.json(...chosen, '--if-missing')).toMatchObject({ image: { name: 'first', version: '1.0.0', status: 'OK', uuid: String(wanted!.manifest.uuid) }, task: null });
    expect(await admin.json('images', 'show', 'first')).toMatchObject({ tags: ['a', 'b'], version: '1.0.0' });
    const alone = offer('alone', '1', '2026-01-01T00:00:00Z');
    const byUrl = ['images', 'import', 'alone', '--url', repository.manifestUrl(alone), '--wait'];
    expect(await admin.run(...byUrl)).toMatchObject({ code: 0, stdout: 'Image alone 1 is imported.\n' });
    expect(await admin.run(...byUrl, '--if-missing')).toMatchObject({ code: 0, stdout: 'Image alone is here already.\n' });
  });

  it('fails with its task and its code, and a task that is called off fails whoever waits', async () => {
    offer('broken', '1', '2026-01-01T00:00:00Z');
    await admin.run('repos', 'refresh', 'remote');
    const broken = ['images', 'import', 'broken', '--repo', 'remote', '--newest'];
    repository.fail = { file: 'wrongByte' };
    expect(await admin.run(...broken, '--wait')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('CHECKSUM_MISMATCH: ') as string });
    repository.fail = { file: 'stall' };
    const { task } = await admin.json<{ task: { id: string } }>(...broken);
    expect(await admin.run('tasks', 'wait', task.id, '--within', '1')).toMatchObject({ code: 1, stderr: expect.stringContaining('within 1 s') as string });
    expect(await admin.run('tasks', 'cancel', task.id)).toMatchObject({ code: 0 });
    expect(await admin.run('tasks', 'wait', task.id)).toMatchObject({ code: 1, stderr: expect.stringContaining('was cancelled') as string });
    expect(await admin.run('tasks', 'cancel', task.id)).toMatchObject({ code: 0, stdout: expect.stringContaining('already') as string });
    repository.fail = {};
  });

  it('is called wrongly without one source', async () => {
    expect(await admin.run('images', 'import', 'a')).toMatchObject({ code: 2, stderr: expect.stringContaining('exactly one of') as string });
    expect(await admin.run('images', 'import', 'a', '--newest')).toMatchObject({ code: 2, stderr: expect.stringContaining('--repo') as string });
    expect(await admin.run('images', 'import')).toMatchObject({ code: 2 });
    expect(await admin.with(NOBODY).run(...NIGHTLY)).toMatchObject({ code: 3 });
  });
});

describe('images', () => {
  it('are listed, of one datacenter, of all, or usable ones', async () => {
    const names = async (...words: string[]) => (await admin.json<{ name: string }[]>('images', 'ls', ...words)).map(({ name }) => name);
    expect(await names()).toEqual(['alone', 'debian-12-2.0.0', 'debian-12-3.0.0', 'first']);
    expect(await names('--all', '--tag', 'a')).toEqual(['first']);
    expect(await names('--usable', '--search', 'debian-12-')).toEqual(['debian-12-2.0.0', 'debian-12-3.0.0']);
    expect(await names('--limit', '1')).toEqual(['alone']);
    expect(await admin.run('images', 'ls')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^NAME +VERSION +OS TYPE/) as string });
  });

  it('are changed, attached, detached and deleted, and what is so already is no failure', async () => {
    expect(await admin.run('images', 'update', 'first', '--access', 'PUBLIC', '--wait')).toMatchObject({ code: 0, stdout: 'Image first is changed.\n' });
    await admin.run('datacenters', 'create', 'second');
    for (const answer of ['is attached to second.', 'is attached to second already.']) {
      expect(await admin.run('images', 'attach', 'first', 'second')).toMatchObject({ code: 0, stdout: `Image first ${answer}\n` });
    }
    for (const answer of ['is detached from second.', 'is not attached to second.']) {
      expect(await admin.run('images', 'detach', 'first', 'second')).toMatchObject({ code: 0, stdout: `Image first ${answer}\n` });
    }
    expect(await admin.run('images', 'delete', 'first', '--wait')).toMatchObject({ code: 0, stdout: 'Image first is deleted.\n' });
    expect(await admin.run('images', 'delete', 'first', '--if-exists')).toMatchObject({ code: 0 });
  });

  it.each([
    [['ls', '--dc', 'nowhere'], ['ls', '--limit', '0']],
    [['show', 'nothing'], ['show']],
    [['update', 'nothing', '--alias', 'a'], ['update', 'nothing']],
    [['delete', 'nothing'], ['delete']],
    [['attach', 'nothing', 'main'], ['attach', 'nothing']],
    [['detach', 'nothing', 'main'], ['detach', 'nothing']],
  ])('refuse %j with 1, do not understand %j with 2, and cannot be reached with 3', async (refused, wrong) => {
    expect(await admin.run('images', ...refused)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^NOT_FOUND: /) as string });
    expect(await admin.run('images', ...wrong)).toMatchObject({ code: 2, stdout: '' });
    expect(await admin.with(NOBODY).run('images', ...refused)).toMatchObject({ code: 3, stdout: '' });
  });
});

describe('tasks', () => {
  it('are listed, awaited, and can no longer be called off once they have ended', async () => {
    const [task] = await admin.json<{ id: string; status: string }[]>('tasks', 'ls', '--action', 'IMAGE_IMPORT', '--status', 'SUCCEEDED', '--limit', '1');
    expect(await admin.json('tasks', 'wait', task!.id)).toMatchObject({ id: task!.id, status: 'SUCCEEDED' });
    expect(await admin.run('tasks', 'cancel', task!.id)).toMatchObject({ code: 1, stderr: expect.stringContaining('TASK_NOT_CANCELLABLE') as string });
    expect(await admin.run('tasks', 'ls', '--status', 'NONE')).toMatchObject({ code: 1 });
  });

  it.each([['wait'], ['cancel']])('%s refuses an unknown one, understands nothing without one, and says when the gateway is not there', async (command) => {
    expect(await admin.run('tasks', command, 'nothing')).toMatchObject({ code: 1, stderr: expect.stringContaining('NOT_FOUND') as string });
    expect(await admin.run('tasks', command)).toMatchObject({ code: 2 });
    expect(await admin.with(NOBODY).run('tasks', command, 'nothing')).toMatchObject({ code: 3 });
  });
});
