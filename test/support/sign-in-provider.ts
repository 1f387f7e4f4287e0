import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { exportJWK } from 'jose';
import { listen, OpenIdServer } from './openid-server.js';

const RESOURCE = 'https://images.example.com';

/** A real OpenID provider with a page to sign in on, for one public client that must use PKCE. Any login is accepted; it is the `sub` of its tokens. */
export class SignInProvider extends OpenIdServer {
  static readonly client = 'graphiql';
  static readonly resource = RESOURCE;
  readonly #key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

  static async start(): Promise<SignInProvider> {
    const provider = new SignInProvider(await listen());
    await provider.serve('http://127.0.0.1/graphiql/');
    return provider;
  }

  /** Accepts answers at that address. `lifeSeconds`: how long its access tokens live. */
  async serve(redirectUri: string, lifeSeconds = 600): Promise<void> {
    this.provide({
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
    });
  }
}
