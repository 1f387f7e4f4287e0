import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.js';
import { freshFolder, GatewayProcess } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

let folder: TemporaryFolder;
let gateway: GatewayProcess;
let browser: Browser;

beforeAll(async () => {
  folder = await freshFolder();
  [gateway, browser] = await Promise.all([GatewayProcess.start(folder.path, { FETCH_ALLOW: '' }, ['--demo']), launchBrowser()]);
}, 60_000);
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
  const context = await browser.newContext({ viewport: { width: 1600, height: 1400 } });
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

it('leads an operator from the sign-in link to an imported image, in GraphiQL alone', { timeout: 90_000 }, async () => {
  const [page, watcher] = [await open('admin'), await open('admin')];
  await run(page, 'WhoAmI');
  await answerHolds(page, '"username": "admin"');
  await run(page, 'Load');
  await answerHolds(page, '"name": "demo"');
  await run(page, 'Browse');
  await answerHolds(page, '"name": "fedora-43"');
  await run(watcher, 'Watch');
  await watcher.waitForTimeout(500);
  await run(page, 'Import');
  await answerHolds(page, '"status": "PENDING"');
  await answerHolds(watcher, '"phase": "DOWNLOADING"');
  await answerHolds(watcher, '"status": "SUCCEEDED"');
  await run(page, 'List');
  await answerHolds(page, '"name": "fedora-43"');
});

it('shows a plain user the refusal with what is missing', async () => {
  const page = await open('ursula');
  await run(page, 'Browse');
  await answerHolds(page, '"code": "FORBIDDEN"');
  expect(await page.locator('.graphiql-response').innerText()).toContain('IMAGE_IMPORT_ADMIN');
});
