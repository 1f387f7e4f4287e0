import type { TestClient } from './gateway.js';
import { IMPORTER, World, type WorldOptions } from './world.js';

const STAFF = ['anna', 'otto', 'dora', 'peter'] as const;

export interface StaffedWorld {
  world: World;
  people: Record<(typeof STAFF)[number], TestClient>;
}

/**
 * A world with the datacenters alpha, where images and servers go, and beta. `anna` and `otto` are ImageAdmins and Importers of
 * alpha, `dora` is its DCAdmin, `peter` a user with access and no permission.
 */
export async function startStaffed(options: WorldOptions = {}): Promise<StaffedWorld> {
  const world = await World.start({ datacenter: 'alpha', ...options });
  await world.datacenter('beta');
  const people: Partial<StaffedWorld['people']> = {};
  for (const username of STAFF) people[username] = (await world.person(username)).client;
  await world.group('importers', IMPORTER, ['anna', 'otto'], ['alpha']);
  await world.group('admins', ['ADMIN'], ['dora'], ['alpha']);
  await world.group('users', [], ['peter'], ['alpha']);
  return { world, people: people as StaffedWorld['people'] };
}
