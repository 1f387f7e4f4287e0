import * as oidc from 'openid-client';
import { sessionStore } from './storage';

/** The OpenID provider through which people sign in here, as the gateway names it. */
export interface Provider {
  issuer: string;
  clientId: string;
  scope: string;
  /** The API that tokens are for; null: the provider decides. */
  resource: string | null;
}

const PENDING = 'sign-in';
/** How long an answer of the provider may take. */
const TIMEOUT_S = 10;

interface PendingSignIn {
  verifier: string;
  state: string;
}

/** The provider that is configured; null when there is none. */
export async function configuredProvider(): Promise<Provider | null> {
  try {
    const response = await fetch('sign-in.json');
    const { provider } = (await response.json()) as { provider: Provider | null };
    return response.ok ? provider : null;
  } catch {
    return null;
  }
}

function here(): string {
  return `${location.origin}/graphiql/`;
}

async function discovered({ issuer, clientId }: Provider): Promise<oidc.Configuration> {
  const server = new URL(issuer);
  // Only a provider on this very machine may do without TLS.
  const isLocal = server.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(server.hostname);
  try {
    return await oidc.discovery(server, clientId, undefined, oidc.None(), { timeout: TIMEOUT_S, ...(isLocal && { execute: [oidc.allowInsecureRequests] }) });
  } catch (error) {
    const causes = 'It may be away, be another issuer than the gateway expects, or not allow this page to ask it (CORS)';
    throw new Error(`${issuer} does not answer as the OpenID provider. ${causes}`, { cause: error });
  }
}

/** Leaves the page for the sign-in of the provider (authorization code with PKCE), which leads back here. */
export async function leaveForSignIn(provider: Provider): Promise<void> {
  if (!sessionStore.isLasting) throw new Error('This browser lets the page store nothing, which this sign-in needs. Allow cookies and site data for the page, or paste a token.');
  const pending: PendingSignIn = { verifier: oidc.randomPKCECodeVerifier(), state: oidc.randomState() };
  const address = oidc.buildAuthorizationUrl(await discovered(provider), {
    redirect_uri: here(),
    scope: provider.scope,
    state: pending.state,
    code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
    ...(provider.resource !== null && { resource: provider.resource }),
  });
  sessionStore.setItem(PENDING, JSON.stringify(pending));
  location.assign(address);
}

/** Takes the answer of the provider out of the address and exchanges it for a token; null when the address carries none. */
export async function returnFromSignIn(provider: Provider | null): Promise<{ token: string } | { error: string } | null> {
  const address = new URL(location.href);
  const isAnswer = address.searchParams.has('state') && (address.searchParams.has('code') || address.searchParams.has('error'));
  const pending = sessionStore.getItem(PENDING);
  if (!isAnswer || provider === null) return null;
  sessionStore.removeItem(PENDING);
  history.replaceState(null, '', location.pathname);
  if (pending === null) return { error: 'The answer of the provider belongs to no sign-in of this tab.' };
  const { verifier, state } = JSON.parse(pending) as PendingSignIn;
  try {
    const parameters = provider.resource === null ? undefined : { resource: provider.resource };
    const { access_token: token } = await oidc.authorizationCodeGrant(await discovered(provider), address, { pkceCodeVerifier: verifier, expectedState: state }, parameters);
    return { token };
  } catch (error) {
    return { error: reasonOf(error) };
  }
}

/** Why a sign-in failed, in the words of the provider where it has any. */
export function reasonOf(error: unknown): string {
  if (error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError) return error.error_description ?? error.error;
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${reasonOf(error.cause)}` : error.message;
}
