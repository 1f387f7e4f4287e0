import { Field, Int, ObjectType } from 'type-graphql';
import { HttpUrl } from '../../platform/graphql/scalars.js';

/** Settings of one datacenter, for its DCAdmins. */
@ObjectType('DatacenterSettings', {
  simpleResolvers: true,
  description: 'Settings of one datacenter.',
})
export class DatacenterSettingsType {
  @Field(() => Int, {
    nullable: true,
    description:
      'How many images may be bound to the datacenter (VMS_IMAGE_LIMIT); compared with `Datacenter.boundImageCount`. Null: no limit. 0: none.',
  })
  vmsImageLimit!: number | null;
}

/** An image repository as the settings name it. */
@ObjectType('NamedUrl', {
  simpleResolvers: true,
  description: 'A name for an address.',
})
export class NamedUrlType {
  @Field(() => String, { description: 'The name, unique in its list.' })
  name!: string;

  @Field(() => HttpUrl, { description: 'The address it stands for.' })
  url!: string;
}

/** The global settings. `imageServerId` is the id of the server that vmsImageVm shows. */
@ObjectType('GlobalSettings', {
  simpleResolvers: true,
  description: 'Settings that hold everywhere; kept in the default datacenter. For SuperAdmins.',
})
export class GlobalSettingsType {
  imageServerId!: number | null;

  @Field(() => [NamedUrlType], {
    description:
      'In the answer of `updateGlobalSettings`: the repositories that the change removed or pointed at another address, as they were, by name. Their stored lists are gone. Else empty.',
  })
  droppedRepositories!: readonly NamedUrlType[];

  @Field(() => Int, {
    description:
      'Which network card of the image server compute nodes talk to (VMS_IMAGE_VM_NIC), counted from 1.',
  })
  vmsImageVmNic!: number;

  @Field(() => [HttpUrl], {
    description:
      'Further image sources for compute nodes, asked in this order after the image server (VMS_IMAGE_SOURCES).',
  })
  vmsImageSources!: string[];
}
