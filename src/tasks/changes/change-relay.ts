import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { DatabaseOutage } from '../../platform/database/outage/database-outage.js';
import { ListenConnection } from '../../platform/database/postgres/listen-connection.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import type { Big } from '../../platform/database/tables.js';
import { BoundedCache } from '../../platform/memory/bounded-cache.js';
import type { Change, Followed, ImageChange, ImageState } from './change.js';
import type { ChangeBus } from './change-bus.js';
import { type ChangeHistory, COMMIT_MARGIN_MS, POSTGRES_NOW, type RecordPage, type RecordPosition } from './change-history.js';

const CHANNEL = 'gateway_changes';
/** Postgres takes 8,000 bytes at most. */
const LARGEST_MESSAGE = 7900;
const [FIRST_RECONNECT_MS, RECONNECT_MS] = [50, 1000];
/** How often it asks whether the connection still answers. */
const PING_MS = 2000;
/** How often it looks whether a process died before it could tell of its last changes; and that without a connection to hear of them. */
const [CHECK_MS, CHECK_DEAF_MS] = [5000, 1000];
/** Ids of recorded changes that were delivered, to skip them when they are read again; far more than are made within the margin. */
const MOST_DELIVERED = 50_000;

/** A message to the other processes; without a change, it says that there is one too large to be sent. */
interface Message {
  from: string;
  change?: Change;
}

/** What a relay works with; the outage is told of what it cannot read. */
export interface RelayServices {
  changes: ChangeBus;
  history: ChangeHistory;
  outage: DatabaseOutage;
}

/**
 * Relays changes between the processes of one Postgres database, by LISTEN and NOTIFY on a dedicated connection. What this connection may
 * have lost, because it broke or because the process that made a change died, is read from the record of changes, so streams go on. While
 * it is away, changes are sent over the pool, and read from the record every second. Streams are ended only when nothing could be read for
 * longer than changes are recorded.
 */
export class ChangeRelay {
  readonly #id = randomUUID();
  readonly #delivered = new BoundedCache<string, true>({ max: MOST_DELIVERED });
  #connection: ListenConnection | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #isStopped = false;
  /** Everything committed before was delivered, by the clock of the database. */
  #completeTo = 0;
  #checkedAt = 0;
  #checking: Promise<void> | null = null;
  readonly #timers: NodeJS.Timeout[] = [];

  private constructor(
    private readonly url: string,
    private readonly services: RelayServices,
    private readonly log: Logger,
  ) {}

  static async start(url: string, services: RelayServices, log: Logger): Promise<ChangeRelay> {
    const relay = new ChangeRelay(url, services, log);
    await relay.#connect();
    services.changes.relayTo((change) => relay.#relay(change));
    relay.#timers.push(setInterval(() => relay.#ping(), PING_MS).unref(), setInterval(() => relay.#checkIfDue(), CHECK_DEAF_MS).unref());
    return relay;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    // What was told last must reach the others.
    await this.#turn;
    this.#connection?.close('The process stops');
    await this.#checking;
  }

  /** Connects, or throws and leaves no connection open. */
  async #connect(): Promise<void> {
    const connection = await ListenConnection.open(this.url, CHANNEL, { message: (payload) => this.#receive(payload), ended: (reason) => this.#broke(connection, reason) });
    try {
      const now = await connection.now();
      this.services.history.clock.set(now);
      if (this.#completeTo === 0) await this.#begin(now);
      if (connection.hasEnded) throw new Error('The connection ended meanwhile');
    } catch (error) {
      connection.close('It could not begin');
      throw error;
    }
    this.#connection = connection;
  }

  /** What was recorded before this process listened is nothing that it missed. */
  async #begin(now: number): Promise<void> {
    await this.#readRecorded(now - COMMIT_MARGIN_MS, (change) => this.#noteDelivered(change));
    this.#completeTo = now;
  }

  /** A connection whose other side is gone without a word ends when this is not answered. */
  #ping(): void {
    this.#connection?.now().then((now) => this.services.history.clock.set(now), () => undefined);
  }

  #relay(change: Change): void {
    this.#noteDelivered(change);
    this.#send({ from: this.#id, change });
  }

  #send(message: Message): void {
    const whole = JSON.stringify(message);
    const text = Buffer.byteLength(whole) > LARGEST_MESSAGE ? JSON.stringify({ from: this.#id }) : whole;
    this.#turn = this.#turn.then(async () => this.#notify(text)).catch((error: unknown) => this.#warn(error, 'A change did not reach the other processes at once.'));
  }

  async #notify(text: string): Promise<void> {
    const sent = await this.#connection?.notify(text).then(() => true, () => false);
    if (sent !== true) await readRows(this.services.history.em, sqlText`select pg_notify(${CHANNEL}, ${text})`);
  }

  /** Of a database that is away, others tell. */
  #warn(error: unknown, message: string): void {
    if (this.#isStopped) return;
    if (this.services.outage.covers(error)) this.log.debug({ err: error }, message);
    else this.log.warn({ err: error }, message);
  }

  /** Any role of the database may send to the channel, so a message may have any form. */
  #receive(payload: string): void {
    try {
      const { from, change } = JSON.parse(payload) as Message;
      if (from === this.#id) return;
      if (change === undefined) this.#checkSoon();
      else this.#deliver(understood(change), (one) => this.services.changes.receive(one));
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

  #checkIfDue(): void {
    if (this.#connection === null || performance.now() - this.#checkedAt >= CHECK_MS) this.#checkSoon();
  }

  #checkSoon(): void {
    this.#checkedAt = performance.now();
    this.#checking ??= this.#check()
      .catch((error: unknown) => this.#warn(error, 'Changes of other processes could not be read; they are read again soon.'))
      .finally(() => {
        this.#checking = null;
      });
  }

  /** Delivers what was recorded and did not arrive. */
  async #check(): Promise<void> {
    const [row] = await readRows<[now: Big]>(this.services.history.em, sqlText`select ${POSTGRES_NOW}`);
    const now = Number(row?.[0]);
    this.services.history.clock.set(now);
    const since = this.#completeTo - COMMIT_MARGIN_MS;
    let hasMissed = false;
    const deliver = (change: Change): void => {
      // Changes of rights are not recorded: one before the first that did not arrive may have been missed, too.
      if (!hasMissed) this.services.changes.receive({ type: 'rights' });
      hasMissed = true;
      this.services.changes.deliver(change);
    };
    if (this.services.history.reaches(since)) await this.#readRecorded(since, (change) => this.#deliver(change, deliver));
    else this.services.changes.lost();
    this.#completeTo = now;
  }

  async #readRecorded(since: number, take: (change: Followed) => void): Promise<void> {
    const { em } = this.services.history;
    for (let position: RecordPosition | null = { since, afterId: '' }; position !== null; ) {
      const page: RecordPage = await this.services.history.page(em, position);
      for (const change of page.changes) take(change);
      position = page.next;
    }
  }

  #broke(connection: ListenConnection, reason: string): void {
    // The end of one that could not begin is told to whoever connects.
    if (this.#connection !== connection) return;
    this.#connection = null;
    if (this.#isStopped) return;
    this.log.warn({ reason }, 'The connection that carries changes is broken.');
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    for (let waitMs = FIRST_RECONNECT_MS; ; waitMs = RECONNECT_MS) {
      await delay(waitMs, undefined, { ref: false });
      if (this.#isStopped) return;
      try {
        await this.#connect();
        break;
      } catch (error) {
        this.log.debug({ err: error }, 'The connection that carries changes is not there yet.');
      }
    }
    await this.#makeUp().catch((error: unknown) => this.#warn(error, 'Changes of other processes could not be read; they are read again soon.'));
  }

  /** Delivers everything that may have happened while there was no connection. */
  async #makeUp(): Promise<void> {
    this.services.changes.receive({ type: 'rights' });
    // One that is under way may have begun before the connection was there.
    await this.#checking;
    await this.#check();
    for (const change of await this.#runningTasks()) this.services.changes.deliver(change);
  }

  /** The progress of tasks is not recorded. */
  async #runningTasks(): Promise<Followed[]> {
    const rows = await readRows<[id: string, imageName: string | null]>(this.services.history.em, sqlText`select t.id, t.image_name from task t where t.status = 'RUNNING'`);
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
