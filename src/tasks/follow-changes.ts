import type { RequestScope, ScopedEvent } from '../access/scope.js';
import { unauthenticated } from '../platform/errors.js';
import { filterMap } from '../platform/filter-map.js';
import { type Change, ChangeBus, type RightsChange } from './change-bus.js';

type Followed = Exclude<Change, RightsChange>;

/** A subscription to one type of change. */
export interface Follow<T extends Followed['type'], P> {
  scope: RequestScope;
  type: T;
  /** Throws the error that ends the stream: asked at the beginning, at each event and whenever rights may have changed. */
  admit(scope: RequestScope): void | Promise<void>;
  isWanted(change: Extract<Followed, { type: T }>): boolean;
  /** What the caller gets of it; null when it may not see it. */
  show(change: Extract<Followed, { type: T }>, scope: RequestScope): Promise<P | null>;
}

/**
 * The wanted changes as the caller may see them, each in a fresh scope: permissions are those of that moment. Ends with
 * UNAUTHENTICATED once the caller is no longer signed in, and with what `admit` throws.
 */
export async function followChanges<T extends Followed['type'], P>(follow: Follow<T, P>): Promise<AsyncIterableIterator<ScopedEvent<P>>> {
  // Before the first look, so that nothing is missed between the two.
  const changes = follow.scope.get(ChangeBus).listen(follow.type);
  try {
    await follow.admit(follow.scope);
  } catch (error) {
    await changes.return?.();
    throw error;
  }
  return filterMap(changes, async (change: Change): Promise<ScopedEvent<P> | null> => {
    const event = change.type === 'rights' ? null : (change as Extract<Followed, { type: T }>);
    if (event !== null && !follow.isWanted(event)) return null;
    const scope = await follow.scope.renew();
    if (scope === null) throw unauthenticated();
    await follow.admit(scope);
    const payload = event === null ? null : await follow.show(event, scope);
    return payload === null ? null : { scope, payload };
  });
}
