import { Directive, Field, ObjectType } from 'type-graphql';
import { MissingPermissionsType } from '../access/verdict.type.js';
import type { ErrorCode } from '../platform/error-codes.js';
import { ErrorCodeEnum } from '../platform/graphql/error-code.enum.js';
import { connectionType } from '../platform/database/list/page.js';
import { rowIds } from '../platform/graphql/global-id.js';
import { NodeType } from '../platform/graphql/node.type.js';
import { DateTime } from '../platform/graphql/scalars.js';
import { type ActionInDatacenter, type DatacenterAccess, DatacenterAccessEnum, DatacenterActionEnum } from './datacenter.enums.js';

/** The ids that the graph shows of datacenters. */
export const DATACENTER_IDS = rowIds('Datacenter');

/** What the API shows of a datacenter. Only the guarded field `settings` shows `vmsImageLimit`. */
@ObjectType('Datacenter', {
  simpleResolvers: true,
  implements: NodeType,
  description:
    'A virtual datacenter: users hold permissions in it, servers run in it, and images attached to it can be used there. One that you may not see is nowhere mentioned.',
})
@Directive('@key(fields: "id")')
@Directive('@key(fields: "name")')
export class DatacenterType {
  id!: number;
  ownerId!: number;
  vmsImageLimit!: number | null;

  @Field(() => String, { description: 'Unique name to refer to the datacenter by. It never changes.' })
  name!: string;

  @Field(() => String, { description: 'Name for display; need not be unique.' })
  alias!: string;

  @Field(() => DatacenterAccessEnum, { description: 'Who can see it.' })
  access!: DatacenterAccess;

  @Field(() => String, { description: 'Free text; empty when there is none.' })
  description!: string;

  @Field(() => Boolean, {
    description: 'Whether this is `main`, the default one: always public, never deleted, and where every user starts.',
  })
  isDefault!: boolean;

  @Field(() => DateTime, { description: 'When the datacenter was made.' })
  createdAt!: Date | number;
}

/** Whether the viewer may do something in one datacenter. */
@ObjectType('DatacenterActionVerdict', {
  simpleResolvers: true,
  description: 'Whether you may do something in a datacenter now. The operation itself would answer the same.',
})
export class DatacenterActionVerdictType {
  @Field(() => DatacenterActionEnum, { description: 'What would be done.' })
  action!: ActionInDatacenter;

  @Field(() => Boolean, { description: 'Whether you may, as far as it does not depend on further input.' })
  allowed!: boolean;

  @Field(() => ErrorCodeEnum, {
    nullable: true,
    description: 'The error code you would get, such as FORBIDDEN, IMAGE_LIMIT_REACHED, IMAGE_SERVER_UNAVAILABLE or DATACENTER_NOT_EMPTY; null when you may.',
  })
  code!: ErrorCode | null;

  @Field(() => String, { nullable: true, description: 'A sentence of why not, for people; null when you may.' })
  reason!: string | null;

  @Field(() => MissingPermissionsType, { nullable: true, description: 'What is missing when the code is FORBIDDEN; else null.' })
  requires!: MissingPermissionsType | null;
}

/** One page of datacenters. */
export const DatacenterConnection = connectionType(
  'Datacenter',
  () => DatacenterType,
  'A page of the datacenters that you can see.',
);
