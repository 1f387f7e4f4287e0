import { setTimeout as delay } from 'node:timers/promises';
import type { GatewayContext, RequestContainer, SubscriptionEvent } from '../../access/request-container.js';
import { failedForNow } from '../../platform/database/outage/failed-for-now.js';
import { unauthenticated } from '../../platform/errors.js';
import type { Followed, FollowedOf } from './change.js';
import type { ChangeBus } from './change-bus.js';
import type { ChangeListener, Turn } from './change-listener.js';
import type { ChangeSource } from './change-source.js';

/** What one subscription shows of changes of one type. It may keep state, which no other subscription shares. */
export interface Presenter<T extends Followed['type'], P> {
  readonly type: T;
  /**
   * Throws the error that ends the stream. Called at the start, at each event and whenever permissions may have changed. `isIdle`: nothing
   * waits to be shown. Returns what else is to be shown because the permissions have changed.
   */
  admit(container: RequestContainer, isIdle: boolean): Promise<ChangeSource | null>;
  /** Whether a change may concern this subscription; all others are skipped. */
  isWanted(change: FollowedOf<T>): boolean;
  /** The payload for the caller of one or more changes of one row, oldest first; null when the caller may not see it. */
  show(changes: readonly FollowedOf<T>[], container: RequestContainer): Promise<P | null>;
  /** What was shown last did not reach the reader, and is asked for again. */
  forgetShown(): void;
  /** A presenter of the same subscription for another reader, in the same state. */
  fork(): Presenter<T, P>;
}

const [SHORTEST_RETRY_MS, LONGEST_RETRY_MS] = [100, 2000];

interface Subscribed {
  context: GatewayContext;
  changes: ChangeBus;
}

/**
 * The events of one subscription: the wanted changes that the caller may see, each resolved in a fresh container with the permissions of
 * that moment. Waits while the database is away. Ends with UNAUTHENTICATED once the caller is no longer signed in, and with any error that
 * the presenter throws.
 */
export class ChangeStream<T extends Followed['type'], P> implements AsyncIterableIterator<SubscriptionEvent<P>> {
  #retryMs = SHORTEST_RETRY_MS;

  constructor(
    private readonly subscribed: Subscribed,
    private readonly presenter: Presenter<T, P>,
    private readonly listener: ChangeListener,
  ) {}

  async next(): Promise<IteratorResult<SubscriptionEvent<P>>> {
    for (;;) {
      const turn = await this.listener.next();
      if (turn.done === true) return { done: true, value: undefined };
      try {
        const event = await this.#work(turn.value);
        this.#retryMs = SHORTEST_RETRY_MS;
        if (event !== null) return { done: false, value: event };
      } catch (error) {
        if (!failedForNow(error)) {
          await this.listener.return();
          throw error;
        }
        await this.repeat();
      }
    }
  }

  /** Ends the stream at once, even during a pending `next`. */
  async return(): Promise<IteratorResult<SubscriptionEvent<P>>> {
    await this.listener.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Whether no event waits to be delivered. */
  get isIdle(): boolean {
    return this.listener.isIdle;
  }

  /** Gives the last event once more, made anew: it could not be sent. */
  rewind(): void {
    this.listener.again();
    this.presenter.forgetShown();
  }

  /** The same for an event that could not be resolved, as the database was away. Waits before, longer each time. */
  async repeat(): Promise<void> {
    this.rewind();
    const waitMs = this.#retryMs;
    this.#retryMs = Math.min(LONGEST_RETRY_MS, waitMs * 2);
    await delay(waitMs, undefined, { ref: false });
  }

  /** The same stream for another reader, who has not had the last event and reads at a pace of its own. */
  fork(): ChangeStream<T, P> {
    const presenter = this.presenter.fork();
    const { context, changes } = this.subscribed;
    const { user, cost } = this.listener;
    const listener = changes.fork(presenter.type, this.listener, { user, cost, isWanted: (change) => presenter.isWanted(change) });
    return new ChangeStream({ context, changes }, presenter, listener);
  }

  async #work({ changes, source }: Turn): Promise<SubscriptionEvent<P> | null> {
    const container = await this.subscribed.context.container.renew();
    if (container === null) throw unauthenticated();
    const more = await this.presenter.admit(container, this.listener.isIdle && changes.length === 0);
    if (more !== null) this.listener.add(more);
    if (source !== null) {
      this.listener.fill(source, await source.page(container));
      this.listener.charge(false);
      return null;
    }
    return changes.length === 0 ? null : this.#show(changes as readonly FollowedOf<T>[], container);
  }

  async #show(changes: readonly FollowedOf<T>[], container: RequestContainer): Promise<SubscriptionEvent<P> | null> {
    // Asked again, because it may depend on the permissions of this moment.
    const wanted = changes.filter((change) => this.presenter.isWanted(change));
    const payload = wanted.length === 0 ? null : await this.presenter.show(wanted, container);
    this.listener.charge(payload !== null);
    return payload === null ? null : { container, payload };
  }
}
