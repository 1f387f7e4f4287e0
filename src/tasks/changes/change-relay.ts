import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import type { Logger } from 'pino';
import { createPostgresClient } from '../../platform/database/postgres/postgres-connections.js';
import type { Change } from './change.js';
import type { ChangeBus } from './change-bus.js';

const CHANNEL = 'gateway_changes';
const LISTEN = 'listen gateway_changes';
/** Postgres takes 8,000 bytes at most. */
const LARGEST_MESSAGE = 7900;
const RECONNECT_MS = 1000;

/** A message to the other processes; without a change, it says that some were lost. */
interface Message {
  from: string;
  change?: Change;
}

/**
 * Relays changes between the processes of one Postgres database, by LISTEN and NOTIFY on a dedicated connection. A broken connection
 * loses changes, so every stream, here and elsewhere, is ended, and its client reads the present state.
 */
export class ChangeRelay {
  readonly #id = randomUUID();
  #client: Client | null = null;
  #isStopped = false;

  private constructor(
    private readonly url: string,
    private readonly changes: ChangeBus,
    private readonly log: Logger,
  ) {}

  static async start(url: string, changes: ChangeBus, log: Logger): Promise<ChangeRelay> {
    const relay = new ChangeRelay(url, changes, log);
    await relay.#connect();
    changes.relayTo((change) => relay.#send({ from: relay.#id, change }));
    return relay;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#client?.end();
  }

  async #connect(): Promise<void> {
    const client = createPostgresClient(this.url);
    client.on('error', (error) => this.log.warn({ reason: error.message }, 'The connection that carries changes is broken.'));
    client.on('end', () => this.#broke(client));
    client.on('notification', ({ payload }) => this.#receive(payload ?? ''));
    await client.connect();
    await client.query(LISTEN);
    this.#client = client;
  }

  #send(message: Message): void {
    const whole = JSON.stringify(message);
    // A change that is too large, as of an image in very many datacenters, is sent as a lost one.
    const text = Buffer.byteLength(whole) > LARGEST_MESSAGE ? JSON.stringify({ from: this.#id }) : whole;
    this.#client?.query('select pg_notify($1, $2)', [CHANNEL, text]).catch((error: Error) => this.log.warn({ reason: error.message }, 'A change did not reach the other processes.'));
  }

  #receive(payload: string): void {
    const { from, change } = JSON.parse(payload) as Message;
    if (from === this.#id) return;
    if (change === undefined) this.changes.lost();
    else this.changes.receive(change);
  }

  #broke(client: Client): void {
    if (this.#client !== client || this.#isStopped) return;
    this.#client = null;
    this.changes.lost();
    this.#reconnectSoon();
  }

  #reconnectSoon(): void {
    setTimeout(() => {
      if (this.#isStopped) return;
      this.#connect().then(
        () => this.#send({ from: this.#id }),
        () => this.#reconnectSoon(),
      );
    }, RECONNECT_MS).unref();
  }
}
