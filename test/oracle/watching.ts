import type { Client } from 'graphql-ws';
import type { TestClient } from '../support/gateway.js';

type Event = Record<string, unknown>;

/** Follows subscriptions of one user over one socket. */
export class Watcher {
  readonly #told = new Map<string, Event[]>();

  private constructor(private readonly socket: Client) {}

  /** Resolves when the server has every subscription, because it has answered what was sent after them. */
  static async follow(client: TestClient, subscriptions: Record<string, string>): Promise<Watcher> {
    const watcher = new Watcher(client.socket());
    for (const [name, query] of Object.entries(subscriptions)) {
      const events: Event[] = [];
      watcher.#told.set(name, events);
      const add = (event: unknown): void => void events.push(event as Event);
      watcher.socket.subscribe({ query }, { next: add, error: (error) => add({ error }), complete: () => undefined });
    }
    await watcher.socket.iterate({ query: '{ viewer { user { username } } }' }).next();
    return watcher;
  }

  events(name: string): Event[] {
    return this.#told.get(name) ?? [];
  }

  /** Waits until an event of that subscription holds the text; throws after a while. */
  async until(name: string, text: string): Promise<void> {
    const deadline = performance.now() + 20_000;
    while (!this.events(name).some((event) => JSON.stringify(event).includes(text))) {
      if (performance.now() > deadline) throw new Error(`No event of ${name} had ${text}: ${JSON.stringify(this.events(name))}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async stop(): Promise<void> {
    await this.socket.dispose();
  }
}
