import type { FastifyInstance } from 'fastify';

/** How long running requests may go on once the process is to stop. */
const DRAIN_MS = 1200;

/**
 * Stops an HTTP server within 1.2 s: no new connections, every answer closes its connection, running requests may end,
 * and what is still open then is cut.
 */
export class Drain {
  #draining = false;

  constructor(private readonly app: FastifyInstance) {
    app.addHook('onSend', (_request, reply, payload, done) => {
      if (this.#draining) reply.header('connection', 'close');
      done(null, payload);
    });
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  /** From now on every answer asks its caller to connect anew. */
  begin(): void {
    this.#draining = true;
  }

  async close(): Promise<void> {
    this.begin();
    const cut = setTimeout(() => this.app.server.closeAllConnections(), DRAIN_MS);
    await this.app.close();
    clearTimeout(cut);
  }
}
