import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { type Fields, World } from '../support/world.js';

const ENVIRONMENT = 'env-s3cret';
const IN_URL = 'url-s3cret/@?';
const IMPORT = 'mutation ($input: ImportRepositoryImageInput!) { importRepositoryImage(input: $input) { task { id } } }';
const SETTINGS = 'mutation ($repositories: [NamedUrlInput!]!) { updateGlobalSettings(input: { vmsImageRepositories: $repositories }) { vmsImageRepositories { name url } } }';

let world: World;
let byEnvironment: ImgapiRepository;
let byUrl: ImgapiRepository;
/** What the gateway answered to anything in this file. */
const answers: string[] = [];

async function say(query: string, variables: Fields = {}) {
  const answer = await world.admin.send(query, variables);
  answers.push(JSON.stringify(answer));
  return answer;
}

async function importOnly(repository: string, from: ImgapiRepository): Promise<string> {
  const [image] = from.images;
  const { data } = await say(IMPORT, { input: { repository, uuid: image?.manifest.uuid, name: world.unique('image'), datacenter: 'main' } });
  const task = await world.admin.ended(data?.importRepositoryImage.task.id);
  answers.push(JSON.stringify(task));
  return task.status;
}

async function errorOf(repository: string): Promise<string | undefined> {
  return (await say('mutation ($name: String!) { refreshImageRepository(name: $name) { added } }', { name: repository })).errors[0]?.message;
}

beforeAll(async () => {
  [byEnvironment, byUrl] = await Promise.all([startImgapiRepository({ images: [makeImage()] }), startImgapiRepository({ images: [makeImage()] })]);
  byEnvironment.userAndPassword = `reader:${ENVIRONMENT}`;
  byUrl.userAndPassword = `re@der:${IN_URL}`;
  world = await World.start({ settings: { REPOSITORY_AUTH_MY_REPO_2: `reader:${ENVIRONMENT}`, REPOSITORY_AUTH_NOBODY: 'x:nobody-s3cret' } });
  const withPassword = byUrl.url.replace('://', `://${encodeURIComponent('re@der')}:${encodeURIComponent(IN_URL)}@`);
  await say(SETTINGS, { repositories: [{ name: 'my-repo.2', url: byEnvironment.url }, { name: 'with-url', url: withPassword }] });
});
afterAll(async () => {
  await world?.close();
  await Promise.all([byEnvironment?.close(), byUrl?.close()]);
});

describe('the user and password of a repository', () => {
  it('are sent with lists, manifests and files, from the environment and from the URL', async () => {
    expect(await errorOf('my-repo.2')).toBeUndefined();
    expect(await errorOf('with-url')).toBeUndefined();
    expect(await importOnly('my-repo.2', byEnvironment)).toBe('SUCCEEDED');
    expect(await importOnly('with-url', byUrl)).toBe('SUCCEEDED');
  });

  it('stay when the settings are written as they are shown, with the list', async () => {
    const shown = (await say('{ globalSettings { vmsImageRepositories { name url } } }')).data?.globalSettings.vmsImageRepositories;
    expect(shown).toEqual([{ name: 'my-repo.2', url: byEnvironment.url }, { name: 'with-url', url: byUrl.url }]);
    await say(SETTINGS, { repositories: shown });
    expect((await say('{ imageRepository(name: "with-url") { url imageCount } }')).data?.imageRepository).toEqual({ url: byUrl.url, imageCount: 1 });
    expect(await errorOf('with-url')).toBeUndefined();
  });

  it('stay when the path of the URL changes, and go with another server', async () => {
    const at = async (url: string): Promise<string | undefined> => {
      await say(SETTINGS, { repositories: [{ name: 'my-repo.2', url: byEnvironment.url }, { name: 'with-url', url }] });
      return await errorOf('with-url');
    };
    expect(await at(`${byUrl.url}/`)).toBeUndefined();
    const update = 'mutation ($input: NamedUrlInput!) { updateImageRepository(input: $input) { url } }';
    expect((await say(update, { input: { name: 'with-url', url: byUrl.url } })).errors).toEqual([]);
    expect(await errorOf('with-url')).toBeUndefined();
    expect((await say(update, { input: { name: 'with-url', url: byEnvironment.url } })).errors[0]?.message).toContain('status 401');
    expect(await at(byEnvironment.url)).toContain('status 401');
    expect(await at(byUrl.url)).toContain('status 401');
    expect(await at(byUrl.url.replace('://', `://${encodeURIComponent('re@der')}:${encodeURIComponent(IN_URL)}@`))).toBeUndefined();
  });

  it.each(['http:/', 'http:', 'http:///', 'http:\\\\'])('are not repeated where the URL is refused, as it begins with %s', async (beginning) => {
    const url = `${beginning}re:${IN_URL}@${byUrl.host}/`;
    const answer = await say(SETTINGS, { repositories: [{ name: 'misspelt', url }] });
    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  });

  it('are not those of another repository, nor of a URL that a caller gives', async () => {
    const [image] = byEnvironment.images;
    const { errors } = await say('mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }', { input: { name: 'direct', datacenter: 'main', manifestUrl: `${byEnvironment.url}/images/${image?.manifest.uuid}` } });
    expect(errors[0]?.message).toMatch(/answered with status 401;.*UnauthorizedError: user and password are wanted/);
  });

  it('are not sent to another origin after a redirect', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const elsewhere = createServer((request, response) => (seen.push(request.headers), response.end('[]')));
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    byEnvironment.fail.list = { redirectTo: `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/images` };
    await errorOf('my-repo.2');
    byEnvironment.fail.list = undefined;
    elsewhere.closeAllConnections();
    elsewhere.close();
    expect(seen.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it('are named when they are not accepted', async () => {
    byUrl.userAndPassword = 'other:one';
    expect(await errorOf('with-url')).toMatch(/status 401;.*It did not accept the user and password that are configured for this repository\./);
  });
});

it('no password is in an answer or in the log, where a setting without a repository is named', async () => {
  await say('{ imageRepositories { name url error images { nodes { manifestUrl manifest } } } tasks(first: 50) { nodes { action error detail } } }');
  const log = world.gateway.output();
  expect(log).toContain('REPOSITORY_AUTH_NOBODY');
  const secrets = [ENVIRONMENT, 'url-s3cret', 'nobody-s3cret', Buffer.from(`reader:${ENVIRONMENT}`).toString('base64')];
  expect(secrets.filter((secret) => [...answers, log].some((text) => text.includes(secret)))).toEqual([]);
});
