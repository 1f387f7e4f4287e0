import { registerEnumType } from 'type-graphql';
import { enumOf } from '../platform/graphql/enum-of.js';
import { PERMISSIONS } from './permission.js';

export const PermissionEnum = enumOf(PERMISSIONS);

registerEnumType(PermissionEnum, {
  name: 'Permission',
  description:
    'What a group grants to its members in the datacenters it is attached to. A SuperAdmin needs none of these.',
  valuesConfig: {
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
  },
});
