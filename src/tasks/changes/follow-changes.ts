import type { GatewayContext } from '../../access/request-container.js';
import type { Followed } from './change.js';
import { ChangeBus } from './change-bus.js';
import { ChangeStream, type Presenter } from './change-stream.js';

/** Opens the stream of a subscription. Throws what `admit` throws. */
export async function followChanges<T extends Followed['type'], P>(context: GatewayContext, presenter: Presenter<T, P>): Promise<ChangeStream<T, P>> {
  const { container: first, eventCost: cost = 1 } = context;
  const changes = first.get(ChangeBus);
  // Listen before the first check, so that no change between the two is missed.
  const listener = changes.listen(presenter.type, { user: first.viewer.username, cost, isWanted: (change) => presenter.isWanted(change) });
  try {
    await presenter.admit(first, true);
  } catch (error) {
    await listener.return();
    throw error;
  }
  return new ChangeStream({ context, changes }, presenter, listener);
}
