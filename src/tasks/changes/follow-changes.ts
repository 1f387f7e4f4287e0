import type { GatewayContext, RequestContainer, SubscriptionEvent } from '../../access/request-container.js';
import { unauthenticated } from '../../platform/errors.js';
import { filterMap } from '../../platform/graphql/filter-map.js';
import type { Change, Followed } from './change.js';
import { ChangeBus } from './change-bus.js';

/** A subscription to one type of change. */
export interface Follow<T extends Followed['type'], P> {
  context: GatewayContext;
  type: T;
  /** Throws the error that ends the stream: asked at the beginning, at each event and whenever rights may have changed. */
  admit(container: RequestContainer): void | Promise<void>;
  /** Whether it may concern this subscription; the others are never worked on. */
  isWanted(change: Extract<Followed, { type: T }>): boolean;
  /** What the caller gets of it; null when it may not see it. */
  show(change: Extract<Followed, { type: T }>, container: RequestContainer): Promise<P | null>;
}

/**
 * The wanted changes as the caller may see them, each in a fresh container: permissions are those of that moment. Ends with
 * UNAUTHENTICATED once the caller is no longer signed in, and with what `admit` throws.
 */
export async function followChanges<T extends Followed['type'], P>(follow: Follow<T, P>): Promise<AsyncIterableIterator<SubscriptionEvent<P>>> {
  const { container: first, eventCost: cost = 1 } = follow.context;
  const { isWanted } = follow;
  // Before the first look, so that nothing is missed between the two.
  const changes = first.get(ChangeBus).listen(follow.type, { user: first.viewer.username, cost, isWanted });
  try {
    await follow.admit(first);
  } catch (error) {
    await changes.return?.();
    throw error;
  }
  return filterMap(changes, async (change: Change): Promise<SubscriptionEvent<P> | null> => {
    const container = await first.renew();
    if (container === null) throw unauthenticated();
    await follow.admit(container);
    if (change.type === 'rights') return null;
    const event = change as Extract<Followed, { type: T }>;
    // Asked again, as what is wanted may depend on what the caller may see.
    const payload = isWanted(event) ? await follow.show(event, container) : null;
    changes.charge(payload !== null);
    return payload === null ? null : { container, payload };
  });
}
