import { Directive, Field, Int, ObjectType } from 'type-graphql';
import { rowIds } from '../../platform/graphql/global-id.js';
import { NodeType } from '../../platform/graphql/node.type.js';
import { DateTime } from '../../platform/graphql/scalars.js';
import { type SnapshotStatus, SnapshotStatusEnum } from './snapshot.enums.js';

/** The ids that the graph shows of snapshots. */
export const SNAPSHOT_IDS = rowIds('Snapshot');

/** What the API shows of a snapshot; its `dataUrl` is never shown. */
@ObjectType('Snapshot', {
  simpleResolvers: true,
  implements: NodeType,
  description: 'A snapshot of one disk of a virtual server, from which an image can be created.',
})
@Directive('@key(fields: "id")')
export class SnapshotType {
  id!: number;
  serverId!: number;

  @Field(() => String, { description: 'Name, unique for its disk.' })
  name!: string;

  @Field(() => Int, { description: 'Which disk of the server, counted from 1.' })
  diskId!: number;

  @Field(() => Int, { description: 'Size in MiB.' })
  size!: number;

  @Field(() => SnapshotStatusEnum, { description: 'Its state.' })
  status!: SnapshotStatus;

  @Field(() => DateTime, { description: 'When it was registered.' })
  createdAt!: Date | number;
}
