import { Directive, Field, ObjectType } from 'type-graphql';
import { OsTypeEnum } from '../images/image.enums.js';
import type { OsType } from '../imgapi/os-type.js';
import { connectionType } from '../platform/database/list/page.js';
import { rowIds } from '../platform/graphql/global-id.js';
import { NodeType } from '../platform/graphql/node.type.js';
import { Uuid } from '../platform/graphql/scalars.js';
import { type ServerStatus, ServerStatusEnum } from './virtual-server.enums.js';

/** The ids that the graph shows of servers. */
export const SERVER_IDS = rowIds('VirtualServer');

/** What the API shows of a server: only what concerns images. */
@ObjectType('VirtualServer', {
  simpleResolvers: true,
  implements: NodeType,
  description:
    'A virtual server, as far as images are concerned with it. Its owner, the admins of its datacenter and SuperAdmins can see it.',
})
@Directive('@key(fields: "id")')
@Directive('@key(fields: "uuid")')
@Directive('@key(fields: "hostname")')
export class VirtualServerType {
  id!: number;
  ownerId!: number;
  datacenterId!: number;

  @Field(() => Uuid, { description: 'Its UUID, which never changes.' })
  uuid!: string;

  @Field(() => String, { description: 'Unique host name.' })
  hostname!: string;

  @Field(() => OsTypeEnum, { description: 'What kind of system it runs; the image on its disk has the same.' })
  osType!: OsType;

  @Field(() => ServerStatusEnum, { description: 'Its state as last reported.' })
  status!: ServerStatus;

  @Field(() => [String], { description: 'The tags it was given itself.' })
  ownTags!: string[];

  @Field(() => Boolean, {
    description: 'Whether it is the image server of the cloud (VMS_IMAGE_VM); it then cannot be unregistered.',
  })
  isImageServer!: boolean;
}

/** One page of servers. */
export const VirtualServerConnection = connectionType(
  'VirtualServer',
  () => VirtualServerType,
  'A page of the virtual servers that you can see.',
);
