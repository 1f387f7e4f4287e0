import { ArgsType, Field, InputType, Int } from 'type-graphql';
import type { OsType } from '../../imgapi/os-type.js';
import { type OrderDirection, OrderDirectionEnum, PageArgs } from '../../platform/database/list/page.js';
import { DateTime, Uuid } from '../../platform/graphql/scalars.js';
import {
  type ImageAccess,
  ImageAccessEnum,
  type ImageOrderField,
  ImageOrderFieldEnum,
  type ImageStatus,
  ImageStatusEnum,
  OsTypeEnum,
} from '../image.enums.js';

/** A field that is absent, null or an empty list does not restrict the list. `image-filter.ts` has a condition for each field. */
@InputType({ description: 'Which images to show: those that meet every given condition.' })
export class ImageFilter {
  @Field(() => String, {
    nullable: true,
    description: 'Text that occurs in the name, alias or description; upper and lower case are the same.',
  })
  search?: string | null;

  @Field(() => [ImageAccessEnum], {
    nullable: true,
    description: 'One of these kinds of access. DELETED finds something only together with `showDeleted`.',
  })
  access?: ImageAccess[] | null;

  @Field(() => [OsTypeEnum], { nullable: true, description: 'One of these OS types.' })
  osType?: OsType[] | null;

  @Field(() => [ImageStatusEnum], { nullable: true, description: 'One of these states.' })
  status?: ImageStatus[] | null;

  @Field(() => Boolean, { nullable: true, description: 'True: only images bound to a datacenter. False: only unbound ones.' })
  dcBound?: boolean | null;

  @Field(() => String, { nullable: true, description: 'Username of the owner.' })
  owner?: string | null;

  @Field(() => [String], { nullable: true, description: 'Has all of these tags, exactly as written.' })
  tags?: string[] | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether it can grow to fill a larger disk.' })
  resize?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether a server shuts down once deployed from it.' })
  deploy?: boolean | null;

  @Field(() => DateTime, { nullable: true, description: 'Came into the catalogue later than this.' })
  createdAfter?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Came into the catalogue earlier than this.' })
  createdBefore?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Last changed later than this.' })
  updatedAfter?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Last changed earlier than this.' })
  updatedBefore?: Date | null;

  @Field(() => [String], { nullable: true, description: 'One of these names, exactly as written.' })
  name?: string[] | null;

  @Field(() => [Uuid], { nullable: true, description: 'One of these UUIDs.' })
  uuid?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'One of these versions, exactly as written.' })
  version?: string[] | null;

  @Field(() => Int, { nullable: true, description: 'Fits on no smaller disk than this, in MiB.' })
  minSize?: number | null;

  @Field(() => Int, { nullable: true, description: 'Fits on a disk of this size, in MiB.' })
  maxSize?: number | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Imported from one of the repositories of these names. FORBIDDEN for who may not use repositories; finds only images whose `repository` you may see.',
  })
  repository?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'True: only images that a disk of some server has, also where you cannot see that server. False: only those that none has. FORBIDDEN for who holds ADMIN nowhere; finds only images whose `serverCount` you may see.',
  })
  inUse?: boolean | null;

  @Field(() => ImageFilter, {
    nullable: true,
    description: 'Leaves out the images that meet all of these conditions together; nothing when it has none. It cannot have a `not` of its own.',
  })
  not?: ImageFilter | null;
}

/** Lists without an order are sorted by name. */
@InputType({ description: 'How to sort images. Without it: by name.' })
export class ImageOrder {
  @Field(() => ImageOrderFieldEnum, { description: 'What to sort by.' })
  field!: ImageOrderField;

  @Field(() => OrderDirectionEnum, { defaultValue: 'ASC', description: 'Which way.' })
  direction!: OrderDirection;
}

/** The arguments of every list of images. */
@ArgsType()
export class ImageListArgs extends PageArgs {
  @Field(() => ImageFilter, { nullable: true, description: 'Which images; all when left out or null.' })
  filter?: ImageFilter | null;

  @Field(() => ImageOrder, { nullable: true, description: 'How to sort; by name when left out or null.' })
  orderBy?: ImageOrder | null;
}
