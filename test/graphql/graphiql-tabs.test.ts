import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.js';
import { type GraphiqlWorld, KEY, OTHER_KEY, startWorld } from '../support/graphiql-world.js';

let browser: Browser;
let world: GraphiqlWorld;
let context: BrowserContext;
const complaints: string[] = [];

beforeAll(async () => {
  [browser, world] = await Promise.all([launchBrowser(), startWorld()]);
}, 60_000);
beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
  context.setDefaultTimeout(15_000);
  complaints.length = 0;
});
afterEach(async () => context.close());
afterAll(async () => {
  await browser?.close();
  await world?.[Symbol.asyncDispose]();
});

const TOUR = ['WhoAmI', 'Load', 'Browse', 'Import', 'Watch', 'List', 'Attach', 'Limit'];
const tabsOf = (page: Page) => page.locator('.graphiql-tab').allInnerTexts();

async function open(address = `/graphiql#token=${KEY}`, prepare?: () => void): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  if (prepare !== undefined) await page.addInitScript(prepare);
  await page.goto(world.origin + address);
  await ready(page);
  return page;
}

async function ready(page: Page): Promise<void> {
  await page.getByRole('status').getByText('Signed in as').waitFor();
  await page.locator('.graphiql-query-editor .view-lines').waitFor();
  await page.locator('.graphiql-response .view-lines').waitFor();
}

/** Replaces the operation in front by one of that name. */
async function write(page: Page, name: string): Promise<void> {
  await page.locator('.graphiql-query-editor .view-lines').click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(`query ${name} { viewer { user { username } } }`);
  await page.locator('.graphiql-tab', { hasText: name }).waitFor();
}

it('leaves tabs where they were when the page is loaded again right after they were written', async () => {
  const page = await open();
  await write(page, 'Mine');
  await page.reload();
  await ready(page);
  expect(await tabsOf(page)).toEqual(['Mine', ...TOUR.slice(1)]);
});

it('keeps what two tabs of the browser write at once, for both and for the next visit', async () => {
  const [one, other] = [await open(), await open()];
  await write(one, 'InOne');
  await write(other, 'InOther');
  for (const page of [one, other, one]) {
    await page.reload();
    await ready(page);
  }
  expect(await tabsOf(one)).toEqual(['InOne', ...TOUR.slice(1)]);
  expect(await tabsOf(other)).toEqual(['InOther', ...TOUR.slice(1)]);
  await Promise.all([one.close(), other.close()]);
  expect(await tabsOf(await open())).toEqual(expect.arrayContaining(['InOne', 'InOther']));
});

it('keeps what was written just before the switch to another sign-in', async () => {
  const page = await open();
  await write(page, 'Mine');
  await page.evaluate(`location.hash = "token=${OTHER_KEY}"`);
  await page.getByRole('dialog').getByRole('button', { name: 'Switch' }).click();
  await page.getByRole('status').getByText('Signed in as bob').waitFor();
  await ready(page);
  expect(await tabsOf(page)).toContain('Mine');
});

it('opens the steps of a newer version of the tour, with the tabs that were edited behind them', async () => {
  const page = await open();
  await write(page, 'Mine');
  await page.close();
  const older = JSON.stringify([{ query: 'query Older { viewer { user { username } } }', variables: null }]);
  const next = await context.newPage();
  await next.goto(`${world.origin}/graphiql/sign-in.json`);
  await next.evaluate(`localStorage.setItem('image-gateway:tour-steps', ${JSON.stringify(older)})`);
  await next.goto(`${world.origin}/graphiql#token=${KEY}`);
  await ready(next);
  const tabs = await tabsOf(next);
  expect(tabs.slice(0, TOUR.length)).toEqual(TOUR);
  expect(tabs).toContain('Mine');
});

it('works with a full storage, and keeps what is written for a reload', async () => {
  const page = await open(undefined, () => {
    const setItem = Storage.prototype.setItem;
    Storage.prototype.setItem = function refuse(key, value) {
      if (this === window.localStorage) throw new DOMException('full', 'QuotaExceededError');
      setItem.call(this, key, value);
    };
  });
  await write(page, 'Mine');
  await page.reload();
  await ready(page);
  expect([await tabsOf(page), complaints]).toEqual([['Mine', ...TOUR.slice(1)], []]);
});

it('works where the browser refuses to store anything, says so, and keeps the tabs when another tour is opened', async () => {
  const page = await open(undefined, () => {
    for (const name of ['localStorage', 'sessionStorage']) {
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('The operation is insecure.', 'SecurityError');
        },
      });
    }
  });
  await page.getByText('This browser lets the page store nothing').waitFor();
  await write(page, 'Mine');
  await page.getByLabel('Tour for').selectOption('importers');
  await page.locator('.graphiql-tab', { hasText: 'PastImports' }).waitFor();
  expect(await tabsOf(page)).toEqual(['Repositories', 'Browse', 'Inspect', 'Import', 'Progress', 'PastImports', 'Mine']);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('status').getByText('You are not signed in').waitFor();
  expect([(await tabsOf(page)).includes('Mine'), complaints]).toEqual([true, []]);
});

it('asks the gateway once who the token is, at a load and after a paste', async () => {
  const asked: string[] = [];
  const page = await context.newPage();
  page.on('request', (request) => {
    if (request.postData()?.includes('isSuperAdmin groups') === true) asked.push(request.url());
  });
  await page.goto(`${world.origin}/graphiql/`);
  await page.getByLabel('Token or API key').fill(KEY);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await ready(page);
  const atPaste = asked.length;
  await page.reload();
  await ready(page);
  await page.locator('.graphiql-execute-button').click();
  await page.locator('.graphiql-response .view-lines').filter({ hasText: '"ada"' }).waitFor();
  expect([atPaste, asked.length]).toEqual([1, 2]);
});

it('stores no header that was typed, as it may hold a token', async () => {
  const page = await open();
  await write(page, 'Mine');
  await page.getByRole('button', { name: 'Headers' }).click();
  await page.locator('.graphiql-editor-tool .view-lines').last().click();
  await page.keyboard.type(`{ "authorization": "Bearer ${OTHER_KEY}" }`);
  await page.locator('.graphiql-execute-button').click();
  await page.locator('.graphiql-response .view-lines').filter({ hasText: '"bob"' }).waitFor();
  await page.reload();
  await ready(page);
  expect(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])')).not.toContain(OTHER_KEY);
});
