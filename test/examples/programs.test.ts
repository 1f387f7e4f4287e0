import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build, preview, type PreviewServer } from 'vite';
import { launchBrowser } from '../support/browser.js';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let repository: ImgapiRepository;
let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;

beforeAll(async () => {
  repository = await startImgapiRepository();
  const offer = (version: string, publishedAt: string) =>
    repository.images.push(makeImage({ name: 'debian-12', version, size: 300_000, manifest: { published_at: publishedAt } }));
  offer('1.0.0', '2026-01-01T00:00:00Z');
  offer('2.0.0', '2026-09-01T00:00:00Z');
  offer('1.5.0', '2026-05-01T00:00:00Z');
  repository.images.push(makeImage({ name: 'debian-12-minimal', version: '9.0.0', manifest: { published_at: '2026-10-01T00:00:00Z' } }));
  ({ gateway, admin, folder } = await startFresh());
  await admin.run(
    'mutation ($url: HttpUrl!) { updateGlobalSettings(input: { vmsImageRepositories: [{ name: "remote", url: $url }] }) { vmsImageVmNic } }',
    { url: repository.url },
  );
  const { refreshImageRepository } = await admin.run('mutation { refreshImageRepository(name: "remote") { task { id } } }');
  await admin.ended(refreshImageRepository.task.id);
});
afterAll(async () => {
  await gateway?.stop();
  await repository?.close();
  await folder?.remove();
});

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

async function run(command: string, args: readonly string[], token: string | null): Promise<Outcome> {
  const env = { PATH: process.env['PATH'], GATEWAY_URL: gateway.url, ...(token !== null && { GATEWAY_TOKEN: token }) };
  return new Promise((resolve) => {
    execFile(command, args, { cwd: ROOT, env }, (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }));
  });
}

const importNewest = async (token: string | null, ...args: string[]) => run(process.execPath, ['examples/import-newest.ts', ...args], token);
const images = async (token: string | null, ...args: string[]) => run('examples/images.sh', args, token);

describe('import-newest', () => {
  it('imports the newest image of exactly that name and tells how it goes on', async () => {
    const { code, stdout, stderr } = await importNewest(admin.key, 'debian-12');
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toBe('debian-12 2.0.0 from remote');
    expect(lines.at(-1)).toMatch(/^SUCCEEDED DONE/);
    expect(await admin.run('{ image(name: "debian-12") { version status } }')).toEqual({ image: { version: '2.0.0', status: 'OK' } });
  });

  it('ends with 0 and imports nothing when it is here already', async () => {
    expect(await importNewest(admin.key, 'debian-12')).toEqual({ code: 0, stdout: 'debian-12 2.0.0 from remote\nIt is here already, as debian-12.\n', stderr: '' });
  });

  it('ends with 1 and the reason when there is nothing to import, or the gateway refuses', async () => {
    expect(await importNewest(admin.key, 'never-was')).toMatchObject({ code: 1, stderr: expect.stringContaining('never-was') });
    expect(await importNewest('nonsense', 'debian-12')).toMatchObject({ code: 1, stderr: expect.stringMatching(/^UNAUTHENTICATED: /) });
    expect(await importNewest(admin.key, 'debian-12-minimal', 'nowhere')).toMatchObject({ code: 1, stderr: expect.stringMatching(/^NOT_FOUND: .*nowhere/) });
  });

  it('explains itself when it is told too little', async () => {
    expect(await importNewest(null, 'debian-12')).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Usage: /) });
    expect(await importNewest(admin.key)).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Usage: /) });
  });
});

describe('images.sh', () => {
  it('prints the images that can be used, one a line', async () => {
    expect(await images(admin.key, 'main')).toEqual({ code: 0, stdout: 'debian-12\n', stderr: '' });
    expect(await images(admin.key)).toMatchObject({ code: 0, stdout: 'debian-12\n' });
  });

  it('ends with 1 and the errors when the gateway refuses, and with 2 when it is told nonsense', async () => {
    expect(await images(admin.key, 'nowhere')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('NOT_FOUND') });
    expect(await images('nonsense')).toMatchObject({ code: 1, stderr: expect.stringContaining('UNAUTHENTICATED') });
    expect(await images(admin.key, '"}')).toMatchObject({ code: 2, stdout: '' });
    expect(await images(null)).toMatchObject({ code: 2, stderr: expect.stringContaining('GATEWAY_TOKEN') });
  });
});

describe('the page', () => {
  let browser: Browser;
  let server: PreviewServer;
  let bundle: TemporaryFolder;

  beforeAll(async () => {
    [browser, bundle] = await Promise.all([launchBrowser(), temporaryFolder()]);
    process.env['GATEWAY_URL'] = gateway.url;
    const root = `${ROOT}examples/page`;
    const options = { root, configFile: `${root}/vite.config.ts`, logLevel: 'error' as const, build: { outDir: bundle.path, emptyOutDir: true } };
    await build(options);
    server = await preview({ ...options, preview: { port: 0 } });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await bundle?.remove();
  });

  /** A page that is signed in, and how often it has asked for the list. */
  async function signIn(key: string): Promise<{ page: Page; requests: () => number }> {
    const page = await browser.newPage();
    let sent = 0;
    page.on('request', (request) => (sent += request.method() === 'POST' && request.url().endsWith('/graphql') ? 1 : 0));
    await page.goto(server.resolvedUrls?.local[0] ?? '');
    await page.getByLabel('API key').fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    return { page, requests: () => sent };
  }

  it('lists the images and changes, adds and removes them by events, without another request', async () => {
    await admin.run('mutation { updateImage(input: { name: "debian-12", access: PUBLIC }) { image { name } } }');
    const { page, requests } = await signIn(admin.key ?? '');
    const items = page.getByRole('listitem');
    await items.getByText('debian-12 2.0.0 (LINUX_VM)').waitFor();
    // Once for itself, and once when the events have begun.
    await expect.poll(requests, { timeout: 15_000 }).toBe(2);
    const shown = async (change: string, expected: readonly string[]): Promise<void> => {
      await admin.run(`mutation { ${change} }`);
      await expect.poll(async () => items.allTextContents(), { timeout: 15_000 }).toEqual(expected);
    };
    expect((await importNewest(admin.key, 'debian-12-minimal')).code).toBe(0);
    await shown('updateImage(input: { name: "debian-12", alias: "debian" }) { image { name } }', ['debian 2.0.0 (LINUX_VM)']);
    await shown('updateImage(input: { name: "debian-12-minimal", access: PUBLIC }) { image { name } }', ['debian 2.0.0 (LINUX_VM)', 'debian-12-minimal 9.0.0 (LINUX_VM)']);
    await shown('updateImage(input: { name: "debian-12", access: DELETED }) { image { name } }', ['debian-12-minimal 9.0.0 (LINUX_VM)']);
    await shown('deleteImage(input: { name: "debian-12-minimal" }) { name }', []);
    expect(requests()).toBe(2);
  });

  it('says why when the key is no good', async () => {
    const { page } = await signIn('nonsense');
    await page.getByRole('alert').getByText('Sign in first').waitFor();
  });
});

/** What this file uses of the SDK, which is compiled by settings of its own. */
interface StreamingSdk {
  connect(to: { url: string; token: string }): { follow(query: string, variables: object): AsyncIterable<unknown>; close(): Promise<void> };
}

describe('a stream of the SDK', () => {
  it('ends at the gateway, too, when an event comes with a refusal', async () => {
    await admin.run('mutation { createUser(input: { username: "reader" }) { username } }');
    const { createApiKey } = await admin.run('mutation { createApiKey(input: { username: "reader", name: "stream" }) { key } }');
    await admin.run('mutation { updateImage(input: { name: "debian-12", access: PUBLIC }) { image { name } } }');
    const readers = async (): Promise<string | undefined> => /^gateway_subscription_readers (\d+)$/m.exec(await (await fetch(`${gateway.url}/metrics`)).text())?.[1];
    const { connect } = (await import(new URL('../../sdk/src/connect.ts', import.meta.url).href)) as StreamingSdk;
    const api = connect({ url: gateway.url, token: createApiKey.key });
    const events = api.follow('subscription { imageChanged { image { owner { username email } } } }', {})[Symbol.asyncIterator]();
    // An image that a task works on is hidden from its users meanwhile.
    const refusal = (async () => {
      while ((await events.next()).done !== true);
    })().catch((error: unknown) => error);
    await expect.poll(readers, { timeout: 5000 }).toBe('1');
    await admin.run('mutation { updateImage(input: { name: "debian-12", description: "told" }) { image { name } } }');
    expect(await refusal).toMatchObject({ code: 'FORBIDDEN', data: { imageChanged: { image: { owner: { username: 'admin', email: null } } } } });
    await expect.poll(readers, { timeout: 5000 }).toBe('0');
    await api.close();
  });
});
