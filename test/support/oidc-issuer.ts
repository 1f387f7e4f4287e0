import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exportJWK, type JWK } from 'jose';
import { listen, OpenIdServer } from './openid-server.js';

async function newKey(): Promise<JWK> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: 'ES256', use: 'sig' };
}

export interface IssuedToken {
  client: string;
  /** What the token is for, its audience. */
  resource: string;
}

/** An OpenID provider whose clients sign in with their secret and get JWTs as access tokens. */
export class OidcIssuer extends OpenIdServer {
  #keys: JWK[] = [];
  #isDown = false;
  #clients: readonly string[] = [];
  /** Claims that every token carries besides those of the protocol. */
  claims: Record<string, unknown> = {};
  /** How often the key set was asked for. */
  keySetRequests = 0;

  static async start(...clients: string[]): Promise<OidcIssuer> {
    const issuer = new OidcIssuer(await listen());
    issuer.#clients = clients;
    await issuer.addKey();
    return issuer;
  }

  /** From now on a new key signs; the older ones stay in the key set. */
  async addKey(): Promise<void> {
    this.#useKeys([await newKey(), ...this.#keys]);
  }

  /** Takes every key but the one that signs out of the key set. */
  dropOldKeys(): void {
    this.#useKeys(this.#keys.slice(0, 1));
  }

  /** Answers 503 to everything while it is down. */
  set isDown(isDown: boolean) {
    this.#isDown = isDown;
  }

  /** An access token, by client credentials. */
  async token({ client, resource }: IssuedToken): Promise<string> {
    const headers = { authorization: `Basic ${Buffer.from(`${client}:secret-of-${client}`).toString('base64')}`, 'content-type': 'application/x-www-form-urlencoded' };
    const response = await fetch(`${this.url}/token`, { method: 'POST', headers, body: new URLSearchParams({ grant_type: 'client_credentials', resource }) });
    const { access_token: token, error, error_description: why } = (await response.json()) as { access_token?: string; error?: string; error_description?: string };
    if (token === undefined) throw new Error(`The issuer gave no token: ${error}, ${why}`);
    return token;
  }

  protected override answersItself(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.url === '/jwks') this.keySetRequests += 1;
    if (this.#isDown) response.writeHead(503).end();
    return this.#isDown;
  }

  #useKeys(keys: JWK[]): void {
    this.#keys = keys;
    this.provide({
      jwks: { keys },
      clients: this.#clients.map((id) => ({ client_id: id, client_secret: `secret-of-${id}`, grant_types: ['client_credentials'], response_types: [], redirect_uris: [], id_token_signed_response_alg: 'ES256' })),
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context: unknown, resource: string) => ({ audience: resource, scope: '', accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'ES256' } } }),
        },
      },
      extraTokenClaims: () => this.claims,
    });
  }
}
