import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type JWK } from 'jose';
import { Provider } from 'oidc-provider';

type Handler = ReturnType<Provider['callback']>;

async function newKey(): Promise<JWK> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: 'ES256', use: 'sig' };
}

export interface IssuedToken {
  client: string;
  /** What the token is for, its audience. */
  resource: string;
}

/** A real OpenID provider on a port of its own, whose clients sign in with their secret and get JWTs as access tokens. */
export class OidcIssuer {
  #keys: JWK[] = [];
  #handler: Handler | null = null;
  #isDown = false;
  /** Claims that every token carries besides those of the protocol. */
  claims: Record<string, unknown> = {};
  /** How often the key set was asked for. */
  keySetRequests = 0;

  private constructor(
    readonly server: Server,
    readonly url: string,
    private readonly clients: readonly string[],
  ) {}

  static async start(...clients: string[]): Promise<OidcIssuer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = new OidcIssuer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, clients);
    server.on('request', (request, response) => {
      if (request.url === '/jwks') issuer.keySetRequests += 1;
      if (issuer.#isDown) response.writeHead(503).end();
      else issuer.#handler?.(request, response);
    });
    await issuer.addKey();
    return issuer;
  }

  get keySetUrl(): string {
    return `${this.url}/jwks`;
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

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #useKeys(keys: JWK[]): void {
    this.#keys = keys;
    this.#handler = new Provider(this.url, {
      jwks: { keys },
      clients: this.clients.map((id) => ({ client_id: id, client_secret: `secret-of-${id}`, grant_types: ['client_credentials'], response_types: [], redirect_uris: [], id_token_signed_response_alg: 'ES256' })),
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context: unknown, resource: string) => ({ audience: resource, scope: '', accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'ES256' } } }),
        },
      },
      extraTokenClaims: () => this.claims,
    }).callback();
  }
}
