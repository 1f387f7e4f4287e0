import type { Permission } from '../../src/access/permission.js';
import type { Kind, WorldPlan } from './world.js';

/** The global id of each object, by its type and what the facts call it: `Image image1`, `Snapshot server0 nightly`. */
export type Ids = ReadonlyMap<string, string>;

/**
 * A world as it is, by names: what was asked for when it was built, and what only the gateway could know (dates, the
 * ids of tasks) as a SuperAdmin reads it.
 */
export interface Facts {
  ids: Ids;
  users: UserFacts[];
  groups: { name: string; permissions: Permission[]; users: string[]; datacenters: string[] }[];
  datacenters: DatacenterFacts[];
  /** In the order of their creation. */
  images: ImageFacts[];
  servers: ServerFacts[];
  /** Newest first. */
  tasks: TaskFacts[];
  offered: OfferedFacts[];
  repository: { name: string; url: string; lastUpdate: string };
}

export interface UserFacts {
  username: string;
  email: string | null;
  isSuperAdmin: boolean;
  createdAt: string;
  /** Without the last use, which changes while questions are asked. */
  apiKeys: { id: string; name: string; prefix: string; createdAt: string; expiresAt: string | null }[];
  /** What it switched to, at a time when it could. */
  current: string;
}

export interface DatacenterFacts {
  name: string;
  alias: string;
  access: 'PUBLIC' | 'PRIVATE';
  owner: string;
  description: string;
  limit: number | null;
  createdAt: string;
}

export interface ImageFacts {
  uuid: string;
  name: string;
  alias: string;
  version: string;
  access: 'PUBLIC' | 'PRIVATE' | 'DELETED';
  owner: string;
  bound: string | null;
  attached: string[];
  kind: Kind;
  size: number;
  resize: boolean;
  deploy: boolean;
  description: string;
  tags: string[];
  /** Null: imported from a repository. */
  manifestUrl: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface ServerFacts {
  uuid: string;
  hostname: string;
  datacenter: string;
  owner: string;
  kind: Kind;
  tags: string[];
  image: string | null;
  size: number;
  snapshots: { name: string; createdAt: string }[];
}

export interface TaskFacts {
  id: string;
  user: { username: string };
  datacenter: { name: string } | null;
  imageName: string | null;
  image: { name: string } | null;
  repository: { name: string } | null;
  createdAt: string;
  [shown: string]: unknown;
}

export interface OfferedFacts {
  uuid: string;
  name: string;
  version: string;
  type: string;
  kind: Kind;
  description: string;
  size: number;
  downloadSize: number;
}

/** The names that the numbers of a plan stand for. */
export function naming(plan: WorldPlan): Record<'user' | 'datacenter' | 'image', (number: number) => string> {
  const wrap = (number: number, length: number): number => number % length;
  return {
    user: (number) => (wrap(number, plan.users.length + 1) === 0 ? 'admin' : `user${wrap(number, plan.users.length + 1)}`),
    datacenter: (number) => (wrap(number, plan.datacenters.length + 1) === 0 ? 'main' : `dc${wrap(number, plan.datacenters.length + 1)}`),
    image: (number) => `image${wrap(number, plan.images.length)}`,
  };
}
