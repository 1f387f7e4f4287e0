import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.js';
import { type GraphiqlWorld, KEY, OTHER_KEY, startWorld } from '../support/graphiql-world.js';

let browser: Browser;
let world: GraphiqlWorld;
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

beforeAll(async () => {
  browser = await launchBrowser();
  world = await startWorld();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await world?.[Symbol.asyncDispose]();
});

async function open(address: string, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 }, colorScheme });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  await page.goto(world.origin + address);
  await page.locator('.graphiql-response .view-lines').waitFor();
  // The names of tabs come with the editors.
  await page.locator('.graphiql-tab').first().getByText(/WhoAmI|Usable/).waitFor();
  return page;
}

interface Violation {
  id: string;
  nodes: { html: string }[];
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations: found } = (await page.evaluate('axe.run()')) as { violations: Violation[] };
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' · ')}`);
}

const link = `/graphiql#token=${KEY}`;
const PANELS = ['Documentation Explorer', 'History', 'GraphiQL Explorer'];

describe('GraphiQL, for those who cannot see or point', { timeout: 180_000 }, () => {
  it.each(['light', 'dark'] as const)('has no fault that axe knows of, whatever is open, in the %s theme', async (theme) => {
    const page = await open(link, theme);
    await page.getByRole('status').getByText('Signed in as ada').waitFor();
    expect(await violations(page)).toEqual([]);
    for (const panel of PANELS) {
      await page.getByRole('button', { name: `Show ${panel}` }).click();
      await page.getByRole('button', { name: `Hide ${panel}` }).waitFor();
      expect([panel, await violations(page)]).toEqual([panel, []]);
    }
    await page.context().close();
  });

  it('has none before anybody has signed in', async () => {
    const page = await open('/graphiql/');
    await page.getByRole('status').getByText('You are not signed in').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });

  it.each(['light', 'dark'] as const)('has none while it asks whether to switch to another sign-in, in the %s theme', async (theme) => {
    const page = await open(link, theme);
    await page.getByRole('status').getByText('Signed in as ada').waitFor();
    await page.evaluate(`location.hash = "token=${OTHER_KEY}"`);
    await page.getByRole('dialog').getByText('would sign you in as bob').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });

  it('is signed in to, led through a tour and run by keyboard alone', async () => {
    const page = await open('/graphiql/');
    await page.getByLabel('Token or API key').focus();
    await page.keyboard.type(KEY);
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('Signed in as ada').waitFor();
    const second = page.getByRole('button', { name: 'Watch', exact: true });
    await second.focus();
    await page.keyboard.press('Enter');
    await expect.poll(async () => second.getAttribute('aria-current')).toBe('true');
    await page.getByRole('button', { name: 'WhoAmI', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.locator('.graphiql-query-editor .view-lines', { hasText: 'WhoAmI' }).waitFor();
    await page.locator('.graphiql-execute-button').focus();
    await page.keyboard.press('Enter');
    await page.locator('.graphiql-response .view-lines').filter({ hasText: '"ada"' }).waitFor();
    await page.context().close();
  });

  it('lets fields be chosen in the explorer by keyboard', async () => {
    const page = await open(link);
    await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).click();
    const field = page.locator('.graphiql-explorer-root [data-field-name="alias"]').first();
    await field.focus();
    expect(await field.getAttribute('aria-pressed')).toBe('false');
    await page.keyboard.press('Enter');
    await page.locator('.graphiql-query-editor .view-line').filter({ hasText: 'alias' }).nth(1).waitFor();
    await expect.poll(async () => field.getAttribute('aria-pressed')).toBe('true');
    await page.context().close();
  });
});

describe('GraphiQL, in a strict page', () => {
  it('runs under a policy that allows scripts, workers and connections of its own origin and no others', async () => {
    const response = await fetch(`${world.origin}/graphiql/`);
    const policy = new Map((response.headers.get('content-security-policy') ?? '').split('; ').map((one) => [one.split(' ')[0], one.split(' ').slice(1).join(' ')]));
    expect(Object.fromEntries(policy)).toMatchObject({ 'default-src': "'none'", 'script-src': "'self'", 'worker-src': "'self'", 'connect-src': "'self'", 'frame-ancestors': "'none'", 'base-uri': "'none'" });
    expect(await response.text()).not.toMatch(/<script(?![^>]*\bsrc=)/);
  });
});

it('keeps a history of what was run', async () => {
  const page = await open(link);
  await page.getByRole('status').getByText('Signed in as ada').waitFor();
  await page.locator('.graphiql-execute-button').click();
  await page.locator('.graphiql-response .view-lines').filter({ hasText: '"ada"' }).waitFor();
  await page.getByRole('button', { name: 'Show History' }).click();
  await page.locator('.graphiql-history').getByText('WhoAmI').waitFor();
  await page.context().close();
});
