import { LockMode } from '@mikro-orm/core';
import type { SqlEntityManager } from '../platform/database/database.js';
import { isUuid } from '../platform/graphql/scalars.js';
import { VirtualServer } from './virtual-server.entity.js';

/** The server of that UUID or host name, locked until the transaction ends; null when there is none. */
export async function lockServer(tx: SqlEntityManager, named: string): Promise<VirtualServer | null> {
  const find = async (key: { uuid: string } | { hostname: string }): Promise<VirtualServer | null> =>
    tx.findOne(VirtualServer, key, { lockMode: LockMode.PESSIMISTIC_WRITE });
  const lower = named.toLowerCase();
  // A host name may look like a UUID.
  return (isUuid(lower) ? await find({ uuid: lower }) : null) ?? (await find({ hostname: named }));
}
