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
