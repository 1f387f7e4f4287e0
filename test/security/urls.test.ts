import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayProcess, migratedFolder, TestClient } from '../support/gateway.js';
import { makeImage } from '../support/make-image.js';
import { sendRaw } from '../support/raw-http.js';
import { ask, TRANSPORTS } from '../support/transports.js';
import { World } from '../support/world.js';

/** What must not be met anywhere. */
const SECRET = 's3cret';
const QUERY = `?token=${SECRET}`;
const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } task { id detail } warnings } }';

let world: World;
let admin: TestClient;
/** Everything that was answered. */
const answers: string[] = [];
const servers: { close: () => void; closeAllConnections: () => void }[] = [];

beforeAll(async () => {
  // Only this address is allowed: the name localhost is not, although it leads to it.
  world = await World.start({ settings: { LOG_LEVEL: 'trace', FETCH_ALLOW: '127.0.0.2/32' } });
  ({ admin } = world);
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await world?.close();
});

/** A server on the address that is allowed; its URL. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  servers.push(server);
  return `http://127.0.0.2:${(server.address() as AddressInfo).port}`;
}

let made = 0;
const newName = (): string => `n${(made += 1)}`;

async function say(query: string, variables: Record<string, unknown> = {}): Promise<{ data: Record<string, any> | null; errors: { message: string; extensions: { code: string } }[] }> { // oxlint-disable-line typescript/no-explicit-any -- answers are as varied as queries
  const answer = await admin.send(query, variables);
  answers.push(JSON.stringify(answer));
  return answer;
}

async function refusal(manifestUrl: string, more: Record<string, unknown> = {}): Promise<string> {
  const { errors } = await say(IMPORT, { input: { name: newName(), manifestUrl, dcBound: false, ...more } });
  return `${errors[0]?.extensions.code}: ${errors[0]?.message}`;
}

/** The task once it has ended, with all that is shown of it. */
async function endOf(taskId: string): Promise<{ status: string; error: string | null; detail: Record<string, unknown> }> {
  await admin.ended(taskId);
  const { data } = await say('query ($id: ID!) { task(id: $id) { status errorCode error detail } }', { id: taskId });
  return data!.task;
}

describe('a URL with a query', () => {
  it.each([
    ['nothing listens there', async () => 'http://127.0.0.2:1'],
    ['it is not there', async () => serve((_request, response) => response.writeHead(404).end())],
    ['it is not JSON', async () => serve((_request, response) => response.end('<html>'))],
    ['it is a list', async () => serve((_request, response) => response.end('[]'))],
    ['it is too large', async () => serve((_request, response) => response.end(Buffer.alloc(2 ** 20 + 1, 32)))],
    ['it redirects to itself', async () => serve((request, response) => response.writeHead(302, { location: request.url }).end())],
    ['it redirects to a place with a password', async () => serve((_request, response) => response.writeHead(302, { location: `http://u:${SECRET}@127.0.0.2/x${QUERY}` }).end())],
    ['it redirects to no URL', async () => serve((_request, response) => response.writeHead(302, { location: `http://u:${SECRET}@[/x${QUERY}` }).end())],
    ['it redirects to another scheme', async () => serve((_request, response) => response.writeHead(302, { location: `ftp://u:${SECRET}@h/x${QUERY}` }).end())],
    ['it redirects to a place that is not allowed', async () => serve((_request, response) => response.writeHead(302, { location: `http://localhost/x${QUERY}` }).end())],
  ])('is told without it when %s', async (_why, place) => {
    const url = await place();
    const told = await refusal(`${url}/manifest${QUERY}`);
    expect(told).toMatch(/^(MANIFEST_UNREACHABLE|INVALID_MANIFEST|URL_NOT_ALLOWED): .*(http|ftp):\/\//);
    expect(told).not.toContain(SECRET);
  });

  it('is shown without it where it led to an image', async () => {
    const { manifest, file } = makeImage({ name: newName(), version: '1' });
    const url = await serve((request, response) => response.end(request.url?.startsWith('/file') ? file : JSON.stringify(manifest)));
    const name = newName();
    const input = { name, dcBound: false, manifestUrl: `${url}/m${QUERY}`, fileUrl: `${url}/file${QUERY}` };
    const rehearsed = (await say(IMPORT, { input: { ...input, dryRun: true } })).data!.importImage;
    expect(rehearsed.warnings.join(' ')).toContain(`${url}/file.`);
    const { task } = (await say(IMPORT, { input })).data!.importImage;
    expect(await endOf(task.id)).toMatchObject({ status: 'SUCCEEDED', detail: { manifestUrl: `${url}/m`, fileUrl: `${url}/file` } });
    const { image } = (await say('query ($name: String!) { image(name: $name) { manifestUrl } }', { name })).data!;
    expect(image).toEqual({ manifestUrl: `${url}/m` });
  });

  it('is told without it by the task that could not read the file', async () => {
    const { manifest } = makeImage({ name: newName(), version: '1' });
    const url = await serve((request, response) => (request.url?.startsWith('/file') ? response.writeHead(403).end() : response.end(JSON.stringify(manifest))));
    const { task } = (await say(IMPORT, { input: { name: newName(), dcBound: false, manifestUrl: `${url}/m${QUERY}`, fileUrl: `${url}/file${QUERY}` } })).data!.importImage;
    expect((await endOf(task.id)).error).toBe(`The file at ${url}/file cannot be fetched: the server answered 403; 200 or 206 is needed.`);
  });

  it('of a repository is shown whole in the settings alone, which a SuperAdmin writes', async () => {
    const url = await serve((_request, response) => response.writeHead(500).end());
    const settings = 'mutation ($url: HttpUrl!) { updateGlobalSettings(input: { vmsImageRepositories: [{ name: "secret", url: $url }] }) { vmsImageRepositories { url } } }';
    const { updateGlobalSettings } = await admin.run(settings, { url: `${url}/list${QUERY}` });
    expect(updateGlobalSettings.vmsImageRepositories).toEqual([{ url: `${url}/list${QUERY}` }]);
    expect((await say('mutation { refreshImageRepository(name: "secret") { added } }')).errors[0]?.message).toContain(`${url}/list/images`);
    const { imageRepository } = (await say('{ imageRepository(name: "secret") { url error images { nodes { manifestUrl } } } }')).data!;
    expect(imageRepository).toMatchObject({ url: `${url}/list`, error: expect.stringContaining(`${url}/list/images`) });
    const { tasks } = (await say('{ tasks(first: 50) { nodes { action error detail } } }')).data!;
    expect(tasks.nodes).toEqual(expect.arrayContaining([expect.objectContaining({ action: 'REPOSITORY_REFRESH' }), expect.objectContaining({ action: 'SETTINGS_UPDATE' })]));
  });

  it('of the bytes of a snapshot is told without it', async () => {
    const url = await serve((_request, response) => response.writeHead(403).end());
    const hostname = newName();
    await world.server(hostname);
    await world.snapshot(hostname, 'daily', { dataUrl: `${url}/data${QUERY}` });
    const input = { server: hostname, snapshot: 'daily', name: newName() };
    const { task } = (await say('mutation ($input: CreateImageFromSnapshotInput!) { createImageFromSnapshot(input: $input) { task { id } } }', { input })).data!.createImageFromSnapshot;
    expect((await endOf(task.id)).error).toContain(`${url}/data answered with status 403`);
  });
});

describe.each(TRANSPORTS)('a URL with a password, over %s', (transport) => {
  it.each(['https://user:s3cret@host/x', 'https://user:s3/cret@host/x?token=s3cret'])('is refused without repeating it: %s', async (url) => {
    const byVariable = { query: IMPORT, variables: { input: { name: 'x', dcBound: false, manifestUrl: url } } };
    const literally = { query: `mutation { importImage(input: { name: "x", dcBound: false, manifestUrl: "${url}" }) { warnings } }` };
    for (const operation of [byVariable, literally]) {
      const result = await ask(transport, world.gateway.url, admin.key, operation);
      answers.push(JSON.stringify(result));
      expect(result.errors?.[0]?.message).toContain('https://host/x');
      expect(JSON.stringify(result)).not.toMatch(/s3/);
    }
  });
});

describe('URL_NOT_ALLOWED', () => {
  it('names the host that was asked for, and not what it leads to', async () => {
    const told = await refusal(`http://localhost:8080/x${QUERY}`);
    expect(told).toContain('URL_NOT_ALLOWED: http://localhost:8080/x leads to an address that is not public.');
    expect(told).not.toMatch(/127\.0\.0\.1|::1/);
  });

  it('says no more of an address that was written out', async () => {
    expect(await refusal('http://10.0.0.1/x')).toContain('http://10.0.0.1/x leads to an address that is not public.');
  });
});

describe('what callers send in a query of a URL', () => {
  it.each(['GET /graphql?query={viewer{user{username}}}&token=s3cret', 'GET /nowhere?token=s3cret', 'GET /imgapi/nowhere?token=s3cret', 'GET /%zz?token=s3cret', 'GET /graphiql/nowhere?token=s3cret', 'DELETE /graphql?token=s3cret', 'POST /graphql?token=s3cret'])(
    'is in no answer: %s',
    async (line) => {
      const { body } = await sendRaw(world.gateway.url, `${line} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer wrong-${SECRET}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
      answers.push(body);
      expect(body).not.toContain(SECRET);
    },
  );
});

it('none of it is in any answer, nor in the log', async () => {
  expect(answers.filter((answer) => answer.includes(SECRET))).toEqual([]);
  const lines = world.gateway.output().split('\n');
  expect(lines.length).toBeGreaterThan(20);
  expect(lines.filter((line) => line.includes(SECRET) || /\blocalhost\b.*127\.0\.0\.1/.test(line))).toEqual([]);
});

it('a database that cannot be reached is told without its password', async () => {
  await using elsewhere = await migratedFolder();
  const url = `postgres://gw:${SECRET}@127.0.0.1:1/gateway?options=${SECRET}`;
  const failed = await GatewayProcess.start(elsewhere.path, { DATABASE_URL: url }).then(() => 'started', (error: Error) => error.message);
  expect(failed).toContain('ended with 1');
  expect(failed).not.toContain(SECRET);
});
