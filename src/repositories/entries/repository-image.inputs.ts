import { Field, InputType } from 'type-graphql';
import type { OsType } from '../../imgapi/os-type.js';
import { OsTypeEnum } from '../../images/image.enums.js';
import { type OrderDirection, OrderDirectionEnum } from '../../platform/database/list/page.js';
import { DateTime } from '../../platform/graphql/scalars.js';
import { type RepositoryImageOrderField, RepositoryImageOrderFieldEnum } from './repository-image.enums.js';

/** A condition that is left out or null does not narrow the list. */
@InputType({ description: 'Which images of a repository to show: those that meet every given condition.' })
export class RepositoryImageFilter {
  @Field(() => String, {
    nullable: true,
    description: 'Text that occurs in the name or description; upper and lower case are the same.',
  })
  search?: string | null;

  @Field(() => [OsTypeEnum], { nullable: true, description: 'One of these OS types.' })
  osType?: OsType[] | null;

  @Field(() => [String], {
    nullable: true,
    description: "One of these types, in the manifests' own words: `zvol`, `zone-dataset`, `lx-dataset`, ...",
  })
  type?: string[] | null;

  @Field(() => DateTime, { nullable: true, description: 'Published later than this.' })
  publishedAfter?: Date | null;

  @Field(() => Boolean, { nullable: true, description: 'True: only what can be imported now. False: only what cannot.' })
  importable?: boolean | null;
}

/** Without an order, a list shows the newest first. */
@InputType({ description: 'How to sort the images of a repository. Without it: newest first.' })
export class RepositoryImageOrder {
  @Field(() => RepositoryImageOrderFieldEnum, { description: 'What to sort by.' })
  field!: RepositoryImageOrderField;

  @Field(() => OrderDirectionEnum, { defaultValue: 'DESC', description: 'Which way.' })
  direction!: OrderDirection;
}
