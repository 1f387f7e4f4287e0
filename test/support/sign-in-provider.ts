import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK } from 'jose';
import { Provider } from 'oidc-provider';

const RESOURCE = 'https://images.example.com';

/** A real OpenID provider with a page to sign in on, for one public client that must use PKCE. Any login is accepted; it is the `sub` of its tokens. */
export class SignInProvider {
  static readonly client = 'graphiql';
  static readonly resource = RESOURCE;
  readonly #key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  #handler: ReturnType<Provider['callback']> | null = null;

  private constructor(
    readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<SignInProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const provider = new SignInProvider(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => provider.#handler?.(request, response));
    await provider.serve('http://127.0.0.1/graphiql/');
    return provider;
  }

  /** Accepts answers at that address. `lifeSeconds`: how long its access tokens live. */
  async serve(redirectUri: string, lifeSeconds = 600): Promise<void> {
    this.#handler = new Provider(this.url, {
      // One key for its whole life: a gateway asks for another one only every few seconds.
      jwks: { keys: [{ ...(await exportJWK(this.#key)), kid: 'one', alg: 'ES256', use: 'sig' }] },
      cookies: { keys: [randomUUID()] },
      clients: [
        {
          client_id: SignInProvider.client, application_type: 'native', token_endpoint_auth_method: 'none', grant_types: ['authorization_code'],
          response_types: ['code'], redirect_uris: [redirectUri], id_token_signed_response_alg: 'ES256',
        },
      ],
      clientBasedCORS: () => true,
      features: {
        devInteractions: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({ audience: RESOURCE, scope: 'openid', accessTokenFormat: 'jwt', accessTokenTTL: lifeSeconds, jwt: { sign: { alg: 'ES256' } } }),
        },
      },
    }).callback();
  }

  get keySetUrl(): string {
    return `${this.url}/jwks`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
