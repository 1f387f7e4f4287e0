import type { FastifyInstance } from 'fastify';

/** What a request may take beside its operation: to be read, and to be answered. */
const GRACE_MS = 1000;

/**
 * Stops an HTTP server: it accepts no new connections, closes each connection after its response, and destroys those that are still
 * open when the running requests had their time.
 */
export class Drain {
  #draining = false;

  /** `requestMs` is how long one may take. */
  constructor(
    private readonly app: FastifyInstance,
    private readonly requestMs: number,
  ) {
    app.addHook('onSend', (_request, reply, payload, done) => {
      if (this.#draining) reply.header('connection', 'close');
      done(null, payload);
    });
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  /** Sends `connection: close` with every response from now on. */
  begin(): void {
    this.#draining = true;
  }

  async close(): Promise<void> {
    this.begin();
    const deadline = setTimeout(() => this.app.server.closeAllConnections(), this.requestMs + GRACE_MS);
    await this.app.close();
    clearTimeout(deadline);
  }
}
