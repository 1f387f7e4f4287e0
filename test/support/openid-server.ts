import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

/** A server that listens, and where. */
interface Listening {
  server: Server;
  url: string;
}

/** A server on a free port. */
export async function listen(): Promise<Listening> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A real OpenID provider, whose settings may change while it runs. */
export class OpenIdServer {
  readonly url: string;
  readonly #server: Server;
  #handler: ReturnType<Provider['callback']> | null = null;

  constructor({ server, url }: Listening) {
    this.url = url;
    this.#server = server;
    server.on('request', (request, response) => {
      if (!this.answersItself(request, response)) this.#handler?.(request, response);
    });
  }

  get keySetUrl(): string {
    return `${this.url}/jwks`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Sees every request first. True: it has answered, and the provider does not see it. */
  protected answersItself(_request: IncomingMessage, _response: ServerResponse): boolean {
    return false;
  }

  /** From now on a provider with these settings answers. */
  protected provide(settings: Record<string, unknown>): void {
    this.#handler = new Provider(this.url, settings).callback();
  }
}
