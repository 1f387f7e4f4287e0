import { join } from 'node:path';
import { fastify } from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerGraphiql } from '../../src/graphql/server/graphiql.js';
import { launchBrowser } from '../support/browser.js';
import type { GraphiqlWorld } from '../support/graphiql-world.js';
import { BUNDLE, KEY, OTHER_KEY, startWorld } from '../support/graphiql-world.js';

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
});

interface Visit extends AsyncDisposable {
  page: Page;
  world: GraphiqlWorld;
  /** Addresses outside the gateway that the page asked for. */
  strangers: string[];
  complaints: string[];
}

/** A fresh browser profile on a fresh server. */
async function visit(address: string): Promise<Visit> {
  const world = await startWorld();
  const context = await browser.newContext({ viewport: { width: 1600, height: 1400 } });
  // Below the time limit of a test, so that a failure names what was waited for.
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const strangers: string[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(`${world.origin}/`)) strangers.push(request.url());
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== new URL(world.origin).host) strangers.push(socket.url());
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(world.origin + address);
  return {
    page,
    world,
    strangers,
    complaints,
    async [Symbol.asyncDispose]() {
      await context.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

const link = `/graphiql#token=${KEY}`;
const status = (page: Page) => page.getByRole('status');
const heldToken = (page: Page) => page.evaluate('sessionStorage.getItem("image-gateway:token")');

/** Waits until the answer pane holds the text; Monaco writes spaces as no-break spaces. */
async function answerHolds(page: Page, text: string): Promise<void> {
  const pattern = new RegExp(text.replaceAll(' ', '\\s'));
  await page.locator('.graphiql-response .view-lines').filter({ hasText: pattern }).waitFor();
}

/** Opens the tab and presses the run button, which does nothing until both editors are there. */
async function run(page: Page, tab: string): Promise<void> {
  await page.locator('.graphiql-response .view-lines').waitFor();
  await page.locator('.graphiql-tab', { hasText: tab }).click();
  await page.locator('.graphiql-query-editor .view-lines', { hasText: tab }).waitFor();
  await page.locator('.graphiql-execute-button').click();
}

describe('GraphiQL in a browser', () => {
  it('signs in with the token of a link and takes it out of the address', async () => {
    await using visited = await visit(link);
    const { page, world } = visited;
    await status(page).getByText('Signed in as ada').waitFor();
    expect(page.url()).toBe(`${world.origin}/graphiql/`);
    expect(await heldToken(page)).toBe(KEY);
    expect(new Set(world.authorizations.http)).toEqual(new Set([`Bearer ${KEY}`]));
  });

  it('keeps the caller signed in when the page is loaded again', async () => {
    await using visited = await visit(link);
    await status(visited.page).getByText('Signed in as ada').waitFor();
    await visited.page.reload();
    await status(visited.page).getByText('Signed in as ada').waitFor();
  });

  it('opens the tour as tabs in its order', async () => {
    await using visited = await visit(link);
    const tabs = visited.page.locator('.graphiql-tab');
    await tabs.nth(7).waitFor();
    expect(await tabs.allInnerTexts()).toEqual(['WhoAmI', 'Load', 'Browse', 'Import', 'Watch', 'List', 'Attach', 'Limit']);
  });

  it('runs the first tab with its variables and shows the answer', async () => {
    await using visited = await visit(link);
    await status(visited.page).getByText('Signed in as ada').waitFor();
    await run(visited.page, 'WhoAmI');
    await answerHolds(visited.page, '"username": "ada"');
    await answerHolds(visited.page, '"ADMIN of main"');
  });

  it('shows the events of a subscription as they come, signed in on the socket too', async () => {
    await using visited = await visit(link);
    const { page, world } = visited;
    await status(page).getByText('Signed in as ada').waitFor();
    await run(page, 'Watch');
    await answerHolds(page, '"status": "RUNNING"');
    world.finishTask();
    await answerHolds(page, '"status": "SUCCEEDED"');
    expect(world.authorizations.socket).toEqual([`Bearer ${KEY}`]);
  });

  it('reads the schema, asks nobody but the gateway and has nothing to complain about', async () => {
    await using visited = await visit(link);
    const { page } = visited;
    await status(page).getByText('Signed in as ada').waitFor();
    await run(page, 'WhoAmI');
    await answerHolds(page, '"username": "ada"');
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.locator('.graphiql-doc-explorer').getByText('Subscription', { exact: true }).waitFor();
    expect(visited.strangers).toEqual([]);
    expect(visited.complaints).toEqual([]);
  });

  it('signs in with a pasted token', async () => {
    await using visited = await visit('/graphiql/');
    const { page, world } = visited;
    await page.getByLabel('Token or API key').fill(`Bearer ${KEY}`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await status(page).getByText('Signed in as ada').waitFor();
    await run(page, 'WhoAmI');
    await answerHolds(page, '"username": "ada"');
    expect(new Set(world.authorizations.http)).toEqual(new Set([`Bearer ${KEY}`]));
  });

  it('signs in with a link opened over the page', async () => {
    await using visited = await visit('/graphiql/');
    const { page, world } = visited;
    await status(page).getByText('You are not signed in').waitFor();
    await page.evaluate(`location.hash = "token=${KEY}"`);
    await status(page).getByText('Signed in as ada').waitFor();
    expect(page.url()).toBe(`${world.origin}/graphiql/`);
  });

  it('asks before the token of a link takes the place of a sign-in, and stays on Enter or Escape', async () => {
    await using visited = await visit(link);
    const { page, world } = visited;
    await status(page).getByText('Signed in as ada').waitFor();
    const dialog = page.getByRole('dialog', { name: 'Switch to another sign-in?' });
    for (const key of ['Enter', 'Escape']) {
      await page.evaluate(`location.hash = "token=${OTHER_KEY}"`);
      await dialog.getByText('You are signed in as ada. The link that you opened would sign you in as bob.').waitFor();
      expect([page.url(), await heldToken(page)]).toEqual([`${world.origin}/graphiql/`, KEY]);
      await page.keyboard.press(key);
      await dialog.waitFor({ state: 'detached' });
    }
    await page.reload();
    await status(page).getByText('Signed in as ada').waitFor();
    expect(await heldToken(page)).toBe(KEY);
  });

  it('asks as well when the link is opened as a page of its own in the tab, and switches when told to', async () => {
    await using visited = await visit(link);
    const { page, world } = visited;
    await status(page).getByText('Signed in as ada').waitFor();
    await page.goto('about:blank');
    await page.goto(`${world.origin}/graphiql/?again#token=${OTHER_KEY}`);
    const dialog = page.getByRole('dialog', { name: 'Switch to another sign-in?' });
    await dialog.getByText('would sign you in as bob').waitFor();
    expect([page.url(), await heldToken(page)]).toEqual([`${world.origin}/graphiql/?again`, KEY]);
    await status(page).getByText('Signed in as ada').waitFor();
    await dialog.getByRole('button', { name: 'Switch' }).click();
    await status(page).getByText('Signed in as bob').waitFor();
    expect(await heldToken(page)).toBe(OTHER_KEY);
  });

  it('says that the token of a link is not accepted, and asks nothing about the token that is held', async () => {
    await using visited = await visit(link);
    const { page } = visited;
    await status(page).getByText('Signed in as ada').waitFor();
    await page.evaluate('location.hash = "token=stale"');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('carries a token that is not accepted').waitFor();
    await dialog.getByRole('button', { name: 'Stay signed in' }).click();
    await page.evaluate(`location.hash = "token=${KEY}"`);
    await page.waitForFunction('location.hash === ""');
    expect(await dialog.count()).toBe(0);
  });

  it('brings the tour back after its tabs were changed', async () => {
    await using visited = await visit(link);
    const { page } = visited;
    await run(page, 'WhoAmI');
    await page.getByRole('button', { name: 'New tab' }).click();
    await page.locator('.graphiql-tab').nth(8).waitFor();
    await page.getByRole('button', { name: 'Restart the tour' }).click();
    await page.locator('.graphiql-tab').nth(8).waitFor({ state: 'detached' });
    await run(page, 'WhoAmI');
    await answerHolds(page, '"ADMIN of main"');
  });

  it('opens the tour of another kind of caller, and keeps to it', async () => {
    await using visited = await visit(link);
    const { page } = visited;
    await page.getByLabel('Tour for').selectOption('importers');
    const tabs = page.locator('.graphiql-tab');
    await tabs.getByText('PastImports').waitFor();
    expect(await tabs.allInnerTexts()).toEqual(['Repositories', 'Browse', 'Inspect', 'Import', 'Progress', 'PastImports']);
    await page.reload();
    await tabs.getByText('PastImports').waitFor();
    expect(await page.getByLabel('Tour for').inputValue()).toBe('importer');
  });

  it('keeps what was written when another tour is opened', async () => {
    await using visited = await visit(link);
    const { page } = visited;
    const tabs = page.locator('.graphiql-tab');
    await page.locator('.graphiql-query-editor .view-lines', { hasText: 'WhoAmI' }).waitFor();
    await page.locator('.graphiql-query-editor .view-lines').click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('query Mine { viewer { user { username } } }');
    await tabs.getByText('Mine').waitFor();
    await page.getByLabel('Tour for').selectOption('importers');
    await tabs.getByText('PastImports').waitFor();
    expect(await tabs.allInnerTexts()).toEqual(['Repositories', 'Browse', 'Inspect', 'Import', 'Progress', 'PastImports', 'Mine']);
    await page.getByRole('button', { name: 'Restart the tour' }).click();
    await tabs.getByText('Mine').waitFor();
  });

  it('is usable on a phone: nothing is cut off at the side, and an operation is run', async () => {
    await using visited = await visit(link);
    const { page } = visited;
    await page.setViewportSize({ width: 390, height: 844 });
    await status(page).getByText('Signed in as ada').waitFor();
    await run(page, 'WhoAmI');
    await answerHolds(page, '"username": "ada"');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    for (const part of ['.graphiql-query-editor', '.graphiql-response', '.graphiql-execute-button', '.sign-in-bar']) {
      const box = await page.locator(part).boundingBox();
      expect([part, (box?.x ?? -1) >= 0, (box?.x ?? 0) + (box?.width ?? 999) <= 391, (box?.height ?? 0) > 30]).toEqual([part, true, true, true]);
    }
    for (const part of ['.graphiql-query-editor', '.graphiql-response']) expect((await page.locator(part).boundingBox())?.width).toBeGreaterThan(250);
  });

  it('forgets the token on sign-out', async () => {
    await using visited = await visit(link);
    const { page } = visited;
    await status(page).getByText('Signed in as ada').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await status(page).getByText('You are not signed in').waitFor();
    expect(await heldToken(page)).toBeNull();
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain(KEY);
  });

  it('asks the gateway nothing without a token and says how to get one', async () => {
    await using visited = await visit('/graphiql/');
    await status(visited.page).getByText('paste a token or API key').waitFor();
    await visited.page.locator('.graphiql-tab').first().waitFor();
    expect(visited.world.authorizations.http).toEqual([]);
    expect(visited.complaints).toEqual([]);
  });

  it('says so when a token is revoked while events come', async () => {
    await using visited = await visit(link);
    const { page } = visited;
    await status(page).getByText('Signed in as ada').waitFor();
    await page.routeWebSocket('**/graphql', (socket) => {
      socket.onMessage((text) => {
        const { type, id } = JSON.parse(String(text)) as { type: string; id?: string };
        if (type === 'connection_init') socket.send(JSON.stringify({ type: 'connection_ack' }));
        if (type === 'subscribe') socket.send(JSON.stringify({ type: 'error', id, payload: [{ message: 'Sign in first.', extensions: { code: 'UNAUTHENTICATED' } }] }));
      });
    });
    await page.reload();
    await status(page).getByText('Signed in as ada').waitFor();
    await page.route('**/graphql', (route) => route.fulfill({ status: 401, json: { errors: [{ message: 'Sign in first.' }] } }));
    await run(page, 'Watch');
    await answerHolds(page, 'Sign in first');
    await status(page).getByText('may be mistyped or revoked').waitFor();
    expect(visited.complaints.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
  });

  it('is signed in to on a phone: the field for the token is wide enough to type in', async () => {
    await using visited = await visit('/graphiql/');
    await visited.page.setViewportSize({ width: 390, height: 844 });
    await expect.poll(async () => (await visited.page.getByLabel('Token or API key').boundingBox())?.width, { timeout: 15_000 }).toBeGreaterThan(200);
  });

  it('opens the tour of what the caller may do most, in the datacenter where that is', async () => {
    await using visited = await visit('/graphiql/');
    const { page } = visited;
    await page.route('**/graphql', async (route) => {
      const groups = [{ permissions: ['ADMIN', 'IMAGE_ADMIN'], datacenters: [{ name: 'alpha' }] }];
      const viewer = { user: { username: 'xenia', isSuperAdmin: false, groups }, currentDatacenter: { name: 'main' }, permissions: [] };
      const images = { nodes: [{ name: 'freebsd-14' }] };
      await route.fulfill({ json: { data: route.request().postData()?.includes('viewer') === true ? { viewer } : { images } } });
    });
    await page.getByLabel('Token or API key').fill(KEY);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.graphiql-tab', { hasText: 'WhatMayI' }).waitFor();
    await page.locator('.graphiql-editor-tools ~ * .view-lines, .graphiql-editor-tool .view-lines').filter({ hasText: 'alpha' }).first().waitFor();
    await page.locator('.graphiql-tab', { hasText: 'Withdraw' }).click();
    await page.locator('.graphiql-editor-tool .view-lines').filter({ hasText: 'freebsd-14' }).first().waitFor();
  });

  it('says so when a token is refused and takes another', async () => {
    await using visited = await visit('/graphiql/#token=stale');
    const { page } = visited;
    await status(page).getByText('This token is not accepted').waitFor();
    await page.getByLabel('Token or API key').fill(KEY);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await status(page).getByText('Signed in as ada').waitFor();
  });
});

describe('the files of GraphiQL', () => {
  it('are served with their types, the hashed ones for ever and the page never stale', async () => {
    const app = fastify();
    await registerGraphiql(app, { folder: BUNDLE });
    const page = await app.inject('/graphiql/');
    expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    const script = /src="([^"]+\.js)"/.exec(page.body)?.[1] ?? 'no script in the page';
    const plain = await app.inject(script);
    const packed = await app.inject({ url: script, headers: { 'accept-encoding': 'gzip, br' } });
    expect(plain.headers).toMatchObject({ 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'public, max-age=31536000, immutable' });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.rawPayload.length).toBeLessThan(plain.rawPayload.length / 2);
  });

  it('are reached from /graphiql by a redirect that keeps no query', async () => {
    const app = fastify();
    await registerGraphiql(app, { folder: BUNDLE });
    const answer = await app.inject('/graphiql?next=//evil.example');
    expect([answer.statusCode, answer.headers.location]).toEqual([302, '/graphiql/']);
  });

  it.each(['../package.json', '..%2fpackage.json', '%2e%2e/package.json', 'assets/../../package.json', 'assets', 'assets/', 'constructor'])(
    'are all there is: %s is a 404',
    async (path) => {
      const app = fastify();
      await registerGraphiql(app, { folder: BUNDLE });
      const answer = await app.inject(`/graphiql/${path}`);
      expect(answer.statusCode).toBe(404);
    },
  );

  it('are missed with a page that says how to build them', async () => {
    const app = fastify();
    await registerGraphiql(app, { folder: join(BUNDLE, 'absent') });
    const answer = await app.inject('/graphiql/');
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([503, 'text/plain; charset=utf-8']);
    expect(answer.body).toContain('vite build --config graphiql/vite.config.ts');
  });
});
