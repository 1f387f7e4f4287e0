import type { GatewayContext, RequestContainer, SubscriptionEvent } from '../../access/request-container.js';
import { filterMap } from '../../platform/graphql/filter-map.js';
import type { Change, Followed } from './change.js';
import { ChangeBus } from './change-bus.js';

/** A subscription to one type of change. */
export interface Follow<T extends Followed['type'], P> {
  context: GatewayContext;
  type: T;
  /** Throws the error that ends the stream. Called at the start, at each event and whenever permissions may have changed. */
  admit(container: RequestContainer): void | Promise<void>;
  /** Whether a change may concern this subscription; all others are skipped. */
  isWanted(change: Extract<Followed, { type: T }>): boolean;
  /** The payload for the caller; null when the caller may not see it. */
  show(change: Extract<Followed, { type: T }>, container: RequestContainer): Promise<P | null>;
}

/**
 * The wanted changes that the caller may see, each resolved in a fresh container with the permissions of that moment. Ends with
 * UNAUTHENTICATED once the caller is no longer signed in, and with any error that `admit` throws.
 */
export async function followChanges<T extends Followed['type'], P>(follow: Follow<T, P>): Promise<AsyncIterableIterator<SubscriptionEvent<P>>> {
  const { container: first, eventCost: cost = 1 } = follow.context;
  const { isWanted } = follow;
  // Listen before the first check, so that no change between the two is missed.
  const changes = first.get(ChangeBus).listen(follow.type, { user: first.viewer.username, cost, isWanted });
  try {
    await follow.admit(first);
  } catch (error) {
    await changes.return?.();
    throw error;
  }
  return filterMap(changes, async (change: Change): Promise<SubscriptionEvent<P> | null> => {
    const container = await first.renew();
    await follow.admit(container);
    if (change.type === 'rights') return null;
    const event = change as Extract<Followed, { type: T }>;
    // Checked again, because it may depend on the permissions of this moment.
    const payload = isWanted(event) ? await follow.show(event, container) : null;
    changes.charge(payload !== null);
    return payload === null ? null : { container, payload };
  });
}
