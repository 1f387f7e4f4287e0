import { registerEnumType } from 'type-graphql';
import { enumOf } from '../platform/graphql/enum-of.js';

/** Every permission that a group can grant in the datacenters it is attached to. What each allows is in the matrix. */
export const PERMISSIONS = ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** The owner of a datacenter holds these there without a group. */
export const OWNER_PERMISSIONS: readonly Permission[] = ['ADMIN'];

/** What the schema and docs/permissions.md say about each permission. */
export const PERMISSION_VALUES: Readonly<Record<Permission, { description: string }>> = {
  ADMIN: {
    description:
      'Sees every image, server and task of the datacenter, but changes no image. The owner of a datacenter holds this there without a group.',
  },
  IMAGE_ADMIN: {
    description:
      'Together with ADMIN in the same datacenter: creates images from snapshots, and changes and deletes the images bound to that datacenter. Worth nothing without ADMIN.',
  },
  IMAGE_IMPORT_ADMIN: {
    description:
      'Together with ADMIN and IMAGE_ADMIN in the same datacenter: imports images from URLs and repositories, and browses and refreshes repositories. Worth nothing without the two others.',
  },
};

/** A set of permissions as the database has it, a JSON list; a permission that only another version knows grants nothing. */
export function parsePermissions(json: string): Permission[] {
  const stored: unknown = JSON.parse(json);
  return Array.isArray(stored) ? PERMISSIONS.filter((permission) => stored.includes(permission)) : [];
}

export const PermissionEnum = enumOf(PERMISSIONS);

registerEnumType(PermissionEnum, {
  name: 'Permission',
  description:
    'What a group grants to its members in the datacenters it is attached to. A SuperAdmin needs none of these.',
  valuesConfig: PERMISSION_VALUES,
});
