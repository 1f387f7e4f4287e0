import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.js';
import { freshFolder, GatewayProcess, TestClient } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

const VIEWPORT = { width: 1600, height: 1400 };

let folder: TemporaryFolder;
let gateway: GatewayProcess;
let browser: Browser;

beforeAll(async () => {
  folder = await freshFolder();
  [gateway, browser] = await Promise.all([GatewayProcess.start(folder.path, { FETCH_ALLOW: '' }, ['--demo']), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await folder?.remove();
});

function linkOf(username: string): string {
  const link = new RegExp(`    ${username} .*\\n +(http\\S+)`).exec(gateway.output())?.[1];
  if (link === undefined) throw new Error(`No link for ${username} in:\n${gateway.output()}`);
  return link;
}

/** GraphiQL in a profile of its own, opened by the sign-in link. */
async function open(username: string): Promise<Page> {
  const context = await browser.newContext({ viewport: VIEWPORT });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  await page.goto(linkOf(username));
  await page.getByRole('status').getByText(`Signed in as ${username}`).waitFor();
  await page.locator('.graphiql-response .view-lines').waitFor();
  return page;
}

async function run(page: Page, tab: string): Promise<void> {
  await page.locator('.graphiql-tab', { hasText: tab }).click();
  await page.locator('.graphiql-query-editor .view-lines', { hasText: tab }).waitFor();
  await page.locator('.graphiql-execute-button').click();
}

async function answerHolds(page: Page, text: string): Promise<void> {
  const pattern = new RegExp(text.replaceAll(' ', '\\s'));
  await page.locator('.graphiql-response .view-lines').filter({ hasText: pattern }).waitFor();
}

/** For the README, when "npm run pictures" asks for it: what a visitor sees at this moment. */
async function picture(page: Page, name: string): Promise<void> {
  const target = process.env['PICTURES'];
  if (target === undefined || target === '') return;
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.mouse.move(0, 0);
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(target, `${name}.png`) });
  await page.setViewportSize(VIEWPORT);
}

it('leads an operator from the sign-in link to an imported image, in GraphiQL alone', { timeout: 90_000 }, async () => {
  const [page, watcher] = [await open('admin'), await open('admin')];
  await run(page, 'WhoAmI');
  await answerHolds(page, '"username": "admin"');
  await run(page, 'Load');
  await answerHolds(page, '"name": "demo"');
  await run(page, 'Browse');
  await answerHolds(page, '"name": "fedora-43"');
  await run(watcher, 'Watch');
  await expect.poll(async () => (await fetch(`${gateway.url}/metrics`)).text()).toContain('gateway_subscription_readers 1');
  await run(page, 'Import');
  await answerHolds(page, '"status": "PENDING"');
  await answerHolds(watcher, '"phase": "DOWNLOADING"');
  await answerHolds(watcher, '"status": "SUCCEEDED"');
  await run(page, 'List');
  await answerHolds(page, '"name": "fedora-43"');
  await picture(page, 'graphiql');
  await picture(watcher, 'watch');
});

it('shows a plain user the refusal with what is missing', async () => {
  const page = await open('ursula');
  await page.getByLabel('Tour for').selectOption('operators');
  await page.locator('.graphiql-tab', { hasText: 'Attach' }).waitFor();
  await run(page, 'Browse');
  await answerHolds(page, '"code": "FORBIDDEN"');
  expect(await page.locator('.graphiql-response').innerText()).toContain('IMAGE_IMPORT_ADMIN');
});

it.each([['ursula', 'user'], ['olga', 'user'], ['ivan', 'image-admin'], ['mila', 'importer'], ['admin', 'operator']])('opens for %s with the tour "%s"', async (username, tour) => {
  const page = await open(username);
  expect(await page.getByLabel('Tour for').inputValue()).toBe(tour);
  await page.context().close();
});

const TOURS = join(import.meta.dirname, '../../graphiql/tour');
const GUIDES = [
  { tour: 'user', username: 'ursula' },
  { tour: 'image-admin', username: 'ivan' },
  { tour: 'importer', username: 'mila' },
  { tour: 'operator', username: 'admin' },
  { tour: 'platform', username: 'admin' },
];

it.each(GUIDES)('has a tab for each task of the tour "$tour", which $username can do', async ({ tour, username }) => {
  const client = new TestClient(gateway.url, linkOf(username).split('#token=')[1] ?? '');
  const names = (await readdir(join(TOURS, tour))).toSorted();
  for (const name of names.filter((one) => one.endsWith('.graphql'))) {
    const query = await readFile(join(TOURS, tour, name), 'utf8');
    const variables = names.includes(name.replace('.graphql', '.variables.json')) ? await readFile(join(TOURS, tour, name.replace('.graphql', '.variables.json')), 'utf8') : '{}';
    if (/^subscription/m.test(query)) continue;
    const { data, errors } = await client.send(query, JSON.parse(variables) as Record<string, unknown>);
    // The first test, and the tour of importers, have imported the image that operators would.
    const done = errors.filter(({ extensions }) => extensions.code === 'ALREADY_EXISTS' && name.includes('import'));
    expect([name, errors.filter((error) => !done.includes(error))]).toEqual([name, []]);
    const task: unknown = Object.values(data ?? {}).map((one: { task?: { id: string } } | null) => one?.task?.id)[0];
    if (typeof task === 'string' && !variables.includes('"dryRun": true')) await client.ended(task);
  }
});
