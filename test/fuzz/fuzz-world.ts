import { type BuiltWorld, buildWorld } from '../oracle/build-world.js';
import type { WorldPlan } from '../oracle/world.js';

/** Of every kind of user and row something, to be fuzzed to pieces: an importer, a DCAdmin, a plain user. */
const PLAN: WorldPlan = {
  users: [1, 1, 0].map((current) => ({ isSuperAdmin: false, current })),
  groups: [
    { permissions: ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'], users: [1], datacenters: [1, 0] },
    { permissions: ['ADMIN'], users: [2], datacenters: [1] },
  ],
  datacenters: [
    { access: 'PRIVATE', owner: 0, limit: 40 },
    { access: 'PUBLIC', owner: 2, limit: null },
  ],
  images: (['PUBLIC', 'PRIVATE', 'DELETED'] as const).flatMap((access, at) => [
    { access, owner: at, by: 1, place: { bound: 1 }, kind: 'LINUX_VM', fromRepository: true, tags: ['web'], resize: true },
    { access, owner: at, by: 0, place: { attached: [0, 2] }, kind: 'SUNOS_ZONE', fromRepository: false, tags: [], resize: false },
  ]),
  servers: [0, 1, 2].map((owner) => ({ owner, datacenter: owner, image: owner, tags: ['db'] })),
};

export async function buildFuzzWorld(): Promise<BuiltWorld> {
  return buildWorld(PLAN);
}
