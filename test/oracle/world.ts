import { ROLES } from '../../src/access/matrix.js';
import { type Permission, PERMISSIONS } from '../../src/access/permission.js';
import { fc } from '../support/random.js';

export const KINDS = ['LINUX_VM', 'SUNOS_ZONE', 'BSD_VM'] as const;
export type Kind = (typeof KINDS)[number];

/** Bound to one datacenter, or attached to any number of them, or to none. */
export type Place = { bound: number } | { attached: number[] };

/**
 * A world, small enough to be read in a failure. People, datacenters and images are meant by their number, which wraps
 * around: user 0 is `admin`, datacenter 0 is `main`, so that every description can be built.
 */
export interface WorldPlan {
  users: { isSuperAdmin: boolean; current: number }[];
  groups: { permissions: Permission[]; users: number[]; datacenters: number[] }[];
  datacenters: { access: 'PUBLIC' | 'PRIVATE'; owner: number; limit: number | null }[];
  images: {
    access: 'PUBLIC' | 'PRIVATE' | 'DELETED';
    owner: number;
    /** Who imports it, where that user may; else admin. */
    by: number;
    place: Place;
    kind: Kind;
    fromRepository: boolean;
    tags: string[];
    resize: boolean;
  }[];
  /** Registered where its image is attached, then moved. */
  servers: { owner: number; datacenter: number; image: number | null; tags: string[] }[];
}

const number = fc.nat({ max: 11 });
const few = (most: number): fc.Arbitrary<number[]> => fc.uniqueArray(number, { maxLength: most, size: 'max' });
const tags = fc.subarray(['web', 'db', 'env:test'], { maxLength: 2 });
const sometimes = fc.integer({ min: 0, max: 9 }).map((drawn) => drawn === 9);

// Weighted by what is worth asking about: hidden images behind visible servers, permissions that are not enough.
const permissions: fc.Arbitrary<Permission[]> = fc.oneof(
  fc.constant<Permission[]>([]),
  ...Object.values(ROLES).map((role) => fc.constant<Permission[]>([...role])),
  fc.subarray([...PERMISSIONS]),
);

const place: fc.Arbitrary<Place> = fc.oneof(
  { weight: 3, arbitrary: number.map((bound) => ({ bound })) },
  { weight: 3, arbitrary: few(3).map((attached) => ({ attached })) },
);

export const worldPlans: fc.Arbitrary<WorldPlan> = fc.record({
  users: fc.array(fc.record({ isSuperAdmin: sometimes, current: number }), { minLength: 2, maxLength: 5, size: 'max' }),
  groups: fc.array(fc.record({ permissions, users: few(3), datacenters: few(2) }), { minLength: 1, maxLength: 6, size: 'max' }),
  datacenters: fc.array(
    fc.record({ access: fc.constantFrom('PRIVATE', 'PRIVATE', 'PUBLIC'), owner: number, limit: fc.constantFrom(null, 40) }),
    { minLength: 1, maxLength: 4, size: 'max' },
  ),
  images: fc.array(
    fc.record({
      access: fc.constantFrom('PUBLIC', 'PRIVATE', 'DELETED'),
      owner: number,
      by: number,
      place,
      kind: fc.constantFrom(...KINDS),
      fromRepository: fc.boolean(),
      tags,
      resize: fc.boolean(),
    }),
    { minLength: 1, maxLength: 9, size: 'max' },
  ),
  servers: fc.array(fc.record({ owner: number, datacenter: number, image: fc.option(number, { freq: 5 }), tags }), { maxLength: 6, size: 'max' }),
});
