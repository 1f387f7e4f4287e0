import { Directive, Field, ObjectType } from 'type-graphql';
import { rowIds } from '../../platform/graphql/global-id.js';
import { NodeType } from '../../platform/graphql/node.type.js';
import { connectionType } from '../../platform/database/list/page.js';
import { type Permission, PermissionEnum } from '../permission.js';

/** The ids that the graph shows of groups. */
export const GROUP_IDS = rowIds('Group');

/** What the API shows of a group. */
@ObjectType('Group', {
  simpleResolvers: true,
  implements: NodeType,
  description: 'Users who hold the same permissions in the datacenters that the group is attached to.',
})
@Directive('@key(fields: "id")')
export class GroupType {
  id!: number;

  @Field(() => String, { description: 'Unique name to refer to the group by. It never changes.' })
  name!: string;

  @Field(() => String, { description: 'Name for display; need not be unique.' })
  alias!: string;

  @Field(() => [PermissionEnum], {
    description: 'What the members hold in each attached datacenter. Nothing is granted anywhere else.',
  })
  permissions!: Permission[];
}

/** One page of groups. */
export const GroupConnection = connectionType('Group', () => GroupType, 'A page of groups.');
