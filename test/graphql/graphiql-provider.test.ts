import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.js';
import { type GatewayProcess, startFresh } from '../support/gateway.js';
import { SignInProvider } from '../support/sign-in-provider.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

let provider: SignInProvider;
let gateway: GatewayProcess;
let folder: TemporaryFolder;
let browser: Browser;

beforeAll(async () => {
  provider = await SignInProvider.start();
  const settings = { AUTH_JWKS_URL: provider.keySetUrl, AUTH_JWT_ISSUER: provider.url, AUTH_JWT_AUDIENCE: SignInProvider.resource, FETCH_ALLOW: '127.0.0.1' };
  const signIn = { AUTH_OIDC_ISSUER: provider.url, AUTH_OIDC_CLIENT_ID: SignInProvider.client, AUTH_OIDC_RESOURCE: SignInProvider.resource };
  [{ gateway, folder }, browser] = await Promise.all([startFresh({ ...settings, ...signIn }), launchBrowser()]);
  await provider.serve(`${gateway.url}/graphiql/`);
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await provider?.stop();
  await folder?.remove();
});

async function open(address = '/graphiql/'): Promise<Page> {
  const context = await browser.newContext();
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  await page.goto(gateway.url + address);
  return page;
}

/** Through the pages of the provider, and back. */
async function signInAs(page: Page, login: string): Promise<void> {
  await page.getByRole('button', { name: 'Sign in at the provider' }).click();
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill('any');
  await page.locator('button[type=submit]').click();
  await page.locator('button[type=submit]', { hasText: 'Continue' }).click();
  await page.waitForURL(`${gateway.url}/graphiql/`);
}

it('signs in through the provider, and leaves nothing of it in the address', async () => {
  const page = await open();
  await signInAs(page, 'admin');
  await page.getByRole('status').getByText('Signed in as admin').waitFor();
  expect(page.url()).toBe(`${gateway.url}/graphiql/`);
  await page.reload();
  await page.getByRole('status').getByText('Signed in as admin').waitFor();
  await page.context().close();
});

it('says that somebody whom the gateway does not know is not accepted', async () => {
  const page = await open();
  await signInAs(page, 'stranger');
  await page.getByRole('status').getByText('This token is not accepted').waitFor();
  await page.context().close();
});

it('takes no answer that it has not asked for, and shows why a sign-in failed', async () => {
  const page = await open('/graphiql/?code=stolen&state=forged');
  await page.getByRole('alert').getByText('belongs to no sign-in of this tab').waitFor();
  expect(page.url()).toBe(`${gateway.url}/graphiql/`);
  await page.context().close();
});

it('says what is wrong when the provider is away or another issuer, and can be tried again', async () => {
  const page = await open();
  const problem = page.locator('.sign-in-bar [role=alert]');
  const discovery = `${provider.url}/.well-known/**`;
  await page.route(discovery, (route) => route.abort());
  await page.getByRole('button', { name: 'Sign in at the provider' }).click();
  await problem.getByText(`${provider.url}/ does not answer as the OpenID provider`).waitFor();
  await page.unroute(discovery);
  await page.route(discovery, (route) => route.fulfill({ json: { issuer: 'https://other.example.com' }, headers: { 'access-control-allow-origin': '*' } }));
  await page.getByRole('button', { name: 'Sign in at the provider' }).click();
  await problem.getByText('does not match the expected issuer').waitFor();
  await page.unroute(discovery);
  await signInAs(page, 'admin');
  await page.getByRole('status').getByText('Signed in as admin').waitFor();
  await page.context().close();
});

it('says that a token has expired, keeps the tabs, and goes on with a new one', { timeout: 60_000 }, async () => {
  await provider.serve(`${gateway.url}/graphiql/`, 1);
  const page = await open();
  await signInAs(page, 'admin');
  await page.getByRole('status').getByText('Signed in as admin').waitFor();
  await page.locator('.graphiql-query-editor .view-lines').click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('query Mine { viewer { user { username } } }');
  await page.getByRole('status').getByText('Your token has expired').waitFor({ timeout: 30_000 });
  await provider.serve(`${gateway.url}/graphiql/`);
  await page.getByRole('button', { name: 'Sign in at the provider' }).click();
  await page.waitForURL(/interaction/);
  await page.locator('input[name=login]').fill('admin');
  await page.locator('input[name=password]').fill('any');
  await page.locator('button[type=submit]').click();
  await page.locator('button[type=submit]', { hasText: 'Continue' }).click();
  await page.getByRole('status').getByText('Signed in as admin').waitFor();
  await page.locator('.graphiql-tab').getByText('Mine').waitFor();
  await page.context().close();
});
