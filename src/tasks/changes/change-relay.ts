import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Logger } from 'pino';
import { createPostgresClient } from '../../platform/database/postgres/postgres-connections.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { BoundedCache } from '../../platform/memory/bounded-cache.js';
import type { Change, Followed, ImageChange, ImageState } from './change.js';
import type { ChangeBus } from './change-bus.js';
import { type ChangeHistory, COMMIT_MARGIN_MS, type RecordPage, type RecordPosition } from './change-history.js';

const CHANNEL = 'gateway_changes';
const LISTEN = 'listen gateway_changes';
/** Postgres takes 8,000 bytes at most. */
const LARGEST_MESSAGE = 7900;
const [FIRST_RECONNECT_MS, RECONNECT_MS] = [50, 1000];
/** How often it looks whether the connection still works, and whether a process died before it could tell of its last changes. */
const CHECK_MS = 5000;
const NOW = 'select cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as now';
/** Ids of recorded changes that were delivered, to skip them when they are read again; far more than are made within the margin. */
const MOST_DELIVERED = 50_000;

/** A message to the other processes; without a change, it says that there is one too large to be sent. */
interface Message {
  from: string;
  change?: Change;
}

/**
 * Relays changes between the processes of one Postgres database, by LISTEN and NOTIFY on a dedicated connection. What this connection may
 * have lost, because it broke or because the process that made a change died, is read from the record of changes, so streams go on. They are
 * ended only when the connection was away for longer than changes are recorded.
 */
export class ChangeRelay {
  readonly #id = randomUUID();
  readonly #delivered = new BoundedCache<string, true>({ max: MOST_DELIVERED });
  #client: Client | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #isStopped = false;
  /** Everything committed before was delivered, by the clock of the database. */
  #completeTo = 0;
  #checking: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  private constructor(
    private readonly url: string,
    private readonly changes: ChangeBus,
    private readonly history: ChangeHistory,
    private readonly log: Logger,
  ) {}

  static async start(url: string, { changes, history }: { changes: ChangeBus; history: ChangeHistory }, log: Logger): Promise<ChangeRelay> {
    const relay = new ChangeRelay(url, changes, history, log);
    await relay.#connect();
    changes.relayTo((change) => relay.#relay(change));
    relay.#timer = setInterval(() => relay.#checkSoon(), CHECK_MS).unref();
    return relay;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#client?.end();
    await this.#checking;
  }

  async #connect(): Promise<void> {
    const client = createPostgresClient(this.url, { timeoutMs: CHECK_MS });
    client.on('error', (error) => this.log.warn({ reason: error.message }, 'The connection that carries changes is broken.'));
    client.on('end', () => this.#broke(client));
    client.on('notification', ({ payload }) => this.#receive(payload ?? ''));
    try {
      await client.connect();
      await client.query(LISTEN);
      const now = await askNow(client);
      this.history.clock.set(now);
      if (this.#completeTo === 0) await this.#begin(now);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
  }

  /** What was recorded before this process listened is nothing that it missed. */
  async #begin(now: number): Promise<void> {
    await this.#readRecorded(now - COMMIT_MARGIN_MS, (change) => this.#noteDelivered(change));
    this.#completeTo = now;
  }

  #relay(change: Change): void {
    this.#noteDelivered(change);
    this.#send({ from: this.#id, change });
  }

  #send(message: Message): void {
    const whole = JSON.stringify(message);
    const text = Buffer.byteLength(whole) > LARGEST_MESSAGE ? JSON.stringify({ from: this.#id }) : whole;
    const client = this.#client;
    if (client === null) return;
    this.#inTurn(async () => client.query('select pg_notify($1, $2)', [CHANNEL, text])).catch((error: Error) => this.log.warn({ reason: error.message }, 'A change did not reach the other processes at once.'));
  }

  /** One statement at a time: the driver no longer queues them. */
  async #inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const answer = this.#turn.then(ask);
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  /** Any role of the database may send to the channel, so a message may have any form. */
  #receive(payload: string): void {
    try {
      const { from, change } = JSON.parse(payload) as Message;
      if (from === this.#id) return;
      if (change === undefined) this.#checkSoon();
      else this.#deliver(understood(change), (one) => this.changes.receive(one));
    } catch (error) {
      this.log.warn({ err: error }, 'A message of another process cannot be read; its changes are read from the database.');
      this.#checkSoon();
    }
  }

  /** Each recorded change once. */
  #deliver(change: Change, deliver: (change: Change) => void): void {
    if (change.type !== 'rights' && change.recordId !== undefined && this.#delivered.has(change.recordId)) return;
    this.#noteDelivered(change);
    deliver(change);
  }

  #noteDelivered(change: Change): void {
    if (change.type !== 'rights' && change.recordId !== undefined) this.#delivered.set(change.recordId, true);
  }

  #checkSoon(): void {
    this.#checking ??= this.#check()
      .catch((error: unknown) => void (this.#isStopped || this.log.warn({ err: error }, 'Changes of other processes could not be read; they are read again soon.')))
      .finally(() => {
        this.#checking = null;
      });
  }

  /** Delivers what was recorded and did not arrive. Breaks a connection that does not answer. */
  async #check(): Promise<void> {
    const client = this.#client;
    if (client === null) return;
    try {
      const now = await this.#inTurn(async () => askNow(client));
      this.history.clock.set(now);
      await this.#readRecorded(this.#completeTo - COMMIT_MARGIN_MS, (change) => this.#deliver(change, (one) => this.changes.deliver(one)));
      this.#completeTo = now;
    } catch (error) {
      if (this.#client === client && !this.#isStopped) void client.end().catch(() => undefined);
      throw error;
    }
  }

  async #readRecorded(since: number, take: (change: Followed) => void): Promise<void> {
    const { em } = this.history;
    for (let position: RecordPosition | null = { since, afterId: '' }; position !== null; ) {
      const page: RecordPage = await this.history.page(em, position);
      for (const change of page.changes) take(change);
      position = page.next;
    }
  }

  #broke(client: Client): void {
    if (this.#client !== client || this.#isStopped) return;
    this.#client = null;
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    for (let waitMs = FIRST_RECONNECT_MS; ; waitMs = RECONNECT_MS) {
      await delay(waitMs, undefined, { ref: false });
      if (this.#isStopped) return;
      try {
        await this.#connect();
        await this.#makeUp();
        return;
      } catch (error) {
        this.log.debug({ err: error }, 'The connection that carries changes is not there yet.');
        const client = this.#client;
        this.#client = null;
        await client?.end().catch(() => undefined);
      }
    }
  }

  /** Delivers everything that may have happened while there was no connection. */
  async #makeUp(): Promise<void> {
    if (!this.history.reaches(this.#completeTo - COMMIT_MARGIN_MS)) {
      this.#completeTo = this.history.clock.now();
      this.changes.lost();
      return;
    }
    this.changes.receive({ type: 'rights' });
    await this.#check();
    for (const change of await this.#runningTasks()) this.changes.deliver(change);
  }

  /** The progress of tasks is not recorded. */
  async #runningTasks(): Promise<Followed[]> {
    const rows = await readRows<[id: string, imageName: string | null]>(this.history.em, sqlText`select t.id, t.image_name from task t where t.status = 'RUNNING'`);
    return rows.map(([taskId, imageName]) => ({ type: 'task', taskId, imageName }));
  }
}

/** What a process of the version before this one sends of an image: the state in which it was seen last, and no time. */
interface EarlierImageChange extends Omit<ImageChange, 'before'>, ImageState {
  before?: ImageState | null;
}

/** Also understands the messages of that version, as both run beside each other during an update. */
function understood(change: Change): Change {
  const given = change as EarlierImageChange;
  if (given.type !== 'image' || given.before !== undefined) return change;
  const { access, ownerId, datacenterIds, boundDatacenterId, ...rest } = given;
  return { ...rest, datacenterIds, before: { access, status: 'OK', ownerId, datacenterIds, boundDatacenterId } };
}

async function askNow(client: Client): Promise<number> {
  const { rows } = await client.query<{ now: string }>(NOW);
  return Number(rows[0]?.now);
}
