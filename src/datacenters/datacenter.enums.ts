import { registerEnumType } from 'type-graphql';
import { enumOf } from '../platform/graphql/enum-of.js';
import { DATACENTER_ACCESS } from './datacenter.entity.js';

export const DatacenterAccessEnum = enumOf(DATACENTER_ACCESS);
export type DatacenterAccess = (typeof DATACENTER_ACCESS)[number];

registerEnumType(DatacenterAccessEnum, {
  name: 'DatacenterAccess',
  description: 'Who can see a datacenter and use what is in it.',
  valuesConfig: {
    PUBLIC: { description: 'Every active user. The default datacenter is always public.' },
    PRIVATE: {
      description:
        'SuperAdmins, the owner, and members of attached groups. To everybody else the datacenter does not exist.',
    },
  },
});

/** What can be done in one datacenter. `Datacenter.actions` has a verdict on each, in this order. */
export const DATACENTER_ACTIONS = ['LIST_IMAGES', 'IMPORT', 'IMPORT_UNBOUND', 'CREATE_FROM_SNAPSHOT', 'UPDATE', 'CHANGE_SETTINGS', 'DELETE'] as const;
/** Not `DatacenterAction`, which is a row of the permission matrix. */
export type ActionInDatacenter = (typeof DATACENTER_ACTIONS)[number];
export const DatacenterActionEnum = enumOf(DATACENTER_ACTIONS);

registerEnumType(DatacenterActionEnum, {
  name: 'DatacenterAction',
  description: 'Something that can be done in a datacenter.',
  valuesConfig: {
    LIST_IMAGES: { description: 'See all images attached to it, with `images`.' },
    IMPORT: { description: 'Import an image that is bound to it, with `importImage` or `importRepositoryImage`.' },
    IMPORT_UNBOUND: { description: 'Import an image that is bound to no datacenter, with `dcBound: false`. The same in every datacenter.' },
    CREATE_FROM_SNAPSHOT: { description: 'Create an image from a snapshot of a server in it, with `createImageFromSnapshot`.' },
    UPDATE: { description: 'Change it, with `updateDatacenter`.' },
    CHANGE_SETTINGS: { description: 'Change its settings, with `updateDatacenterSettings`.' },
    DELETE: { description: 'Remove it, with `deleteDatacenter`.' },
  },
});
