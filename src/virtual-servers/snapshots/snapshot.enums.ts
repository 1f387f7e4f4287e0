import { registerEnumType } from 'type-graphql';
import { enumOf } from '../../platform/graphql/enum-of.js';
import { SNAPSHOT_STATUS } from './snapshot.entity.js';

export const SnapshotStatusEnum = enumOf(SNAPSHOT_STATUS);
export type SnapshotStatus = (typeof SNAPSHOT_STATUS)[number];

registerEnumType(SnapshotStatusEnum, {
  name: 'SnapshotStatus',
  description: 'State of a snapshot. Only one that is OK can become an image.',
  valuesConfig: {
    OK: { description: 'It is complete and can be read.' },
    PENDING: { description: 'It is being made or deleted, or an image is being made of it.' },
    ROLLBACK: { description: 'The disk is being put back to it.' },
    LOST: { description: 'It is no longer where it should be.' },
  },
});
