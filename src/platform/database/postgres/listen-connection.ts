import type { Client } from 'pg';
import { createPostgresClient } from './postgres-connections.js';

const NOW = 'select cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as now';
/** A server that has not answered one of these statements by then is gone without a word. */
const ANSWER_MS = 3000;

/** Who is told of what arrives, and once of the end of the connection, with its reason. */
export interface ListenEvents {
  message(payload: string): void;
  ended(reason: string): void;
}

/**
 * A connection to Postgres that listens to what other processes send on a channel, the name of which is no text of a caller. It ends with the first statement that fails or is not answered
 * in time: nothing that waits for it waits longer, also where the other side neither answers nor closes.
 */
export class ListenConnection {
  #turn: Promise<unknown> = Promise.resolve();
  readonly #end = Promise.withResolvers<never>();
  #hasEnded = false;

  private constructor(
    private readonly client: Client,
    private readonly channel: string,
    private readonly events: ListenEvents,
  ) {
    this.#end.promise.catch(() => undefined);
    client.on('error', (error) => this.close(error.message));
    client.on('end', () => this.close('Connection terminated'));
    client.on('notification', ({ payload }) => events.message(payload ?? ''));
  }

  /** Connects and listens, or throws. Nobody is told of the end of a connection that was never open. */
  static async open(url: string, channel: string, events: ListenEvents): Promise<ListenConnection> {
    let isOpen = false;
    const connection = new ListenConnection(createPostgresClient(url, { timeoutMs: ANSWER_MS }), channel, { message: events.message, ended: (reason) => void (isOpen && events.ended(reason)) });
    try {
      await connection.#unlessEnded(connection.client.connect());
      await connection.#ask(`listen ${channel}`, []);
    } catch (error) {
      connection.close('It could not be opened');
      throw error;
    }
    isOpen = true;
    return connection;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The time in ms since 1970, by the clock of the database. */
  async now(): Promise<number> {
    const [row] = (await this.#ask(NOW, [])) as { now: string }[];
    return Number(row?.now);
  }

  /** Sends a message to every process that listens. */
  async notify(message: string): Promise<void> {
    await this.#ask('select pg_notify($1, $2)', [this.channel, message]);
  }

  /** Ends the connection without waiting for the other side. */
  close(reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    void this.client.end().catch(() => undefined);
    this.client.connection.stream.destroy();
    this.#end.reject(new Error(reason));
    this.events.ended(reason);
  }

  /** One statement at a time: the driver no longer queues them. */
  async #ask(text: string, values: readonly string[]): Promise<unknown[]> {
    const answer = this.#turn.then(async () => this.#unlessEnded(this.client.query(text, [...values])));
    this.#turn = answer.catch(() => undefined);
    try {
      return (await answer).rows;
    } catch (error) {
      this.close(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  async #unlessEnded<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#end.promise]);
  }
}
