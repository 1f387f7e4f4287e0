import { ArgsType, Field, InputType } from 'type-graphql';
import type { OsType } from '../../imgapi/os-type.js';
import { OsTypeEnum } from '../../images/image.enums.js';
import { PageArgs } from '../../platform/database/list/page.js';
import { type ServerStatus, ServerStatusEnum } from '../virtual-server.enums.js';

/** A field that is absent, null or an empty list or text does not restrict the list. */
@InputType({ description: 'Which servers to show: those that meet every given condition.' })
export class ServerFilter {
  @Field(() => String, { nullable: true, description: 'Text that occurs in the host name; upper and lower case are the same.' })
  search?: string | null;

  @Field(() => [OsTypeEnum], { nullable: true, description: 'One of these OS types.' })
  osType?: OsType[] | null;

  @Field(() => [ServerStatusEnum], { nullable: true, description: 'One of these states.' })
  status?: ServerStatus[] | null;

  @Field(() => String, { nullable: true, description: 'Name of an image that a disk was made from; one that you cannot see finds nothing.' })
  image?: string | null;

  @Field(() => String, { nullable: true, description: 'Username of the owner.' })
  owner?: string | null;
}

/** The arguments of every list of the servers of a datacenter. */
@ArgsType()
export class ServerListArgs extends PageArgs {
  @Field(() => ServerFilter, { nullable: true, description: 'Which servers; all when left out or null.' })
  filter?: ServerFilter | null;
}
