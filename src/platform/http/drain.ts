import type { FastifyInstance } from 'fastify';

/** How long running requests may continue after the process was told to stop. */
const DRAIN_MS = 1200;

/**
 * Stops an HTTP server within 1.2 s: it accepts no new connections, closes each connection after its response, and destroys those
 * that are still open at the end.
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

  /** Sends `connection: close` with every response from now on. */
  begin(): void {
    this.#draining = true;
  }

  async close(): Promise<void> {
    this.begin();
    const deadline = setTimeout(() => this.app.server.closeAllConnections(), DRAIN_MS);
    await this.app.close();
    clearTimeout(deadline);
  }
}
