import { IMPORTER, type Person, type World } from '../support/world.js';

/** Somebody who may do everything with images in one datacenter, or as a SuperAdmin everywhere. */
export interface Starter extends Person {
  datacenter: string;
}

/** How somebody loses what it takes: the mutation, and whether it was a SuperAdmin's right. */
export const LOSSES = {
  'is deactivated': ({ username }: Starter) => `updateUser(input: { username: "${username}", active: false }) { active }`,
  'is no SuperAdmin any more': ({ username }: Starter) => `updateUser(input: { username: "${username}", isSuperAdmin: false }) { active }`,
  'left the group': ({ username }: Starter) => `updateUser(input: { username: "${username}", groups: [] }) { active }`,
  'is in a group with fewer permissions': ({ username }: Starter) => `updateGroup(input: { name: "${username}-group", permissions: [] }) { name }`,
  'is in a group that left the datacenter': ({ username }: Starter) => `updateGroup(input: { name: "${username}-group", datacenters: [] }) { name }`,
  'is in a group that is gone': ({ username }: Starter) => `deleteGroup(name: "${username}-group")`,
  'lost the datacenter': ({ datacenter }: Starter) => `deleteDatacenter(name: "${datacenter}")`,
} as const;
export type Loss = keyof typeof LOSSES;

/** Somebody who can lose that, or anything when it is null. */
export async function createStarter(world: World, loss: Loss | null): Promise<Starter> {
  const datacenter = await world.datacenter();
  const rights = loss === 'is no SuperAdmin any more' ? { isSuperAdmin: true } : { permissions: IMPORTER, datacenter };
  return { ...(await world.person(undefined, rights)), datacenter };
}

export async function lose(world: World, loss: Loss, starter: Starter): Promise<void> {
  await world.admin.run(`mutation { ${LOSSES[loss](starter)} }`);
}
