import { Field, InputType, Int } from 'type-graphql';
import { HttpUrl } from '../../platform/graphql/scalars.js';

/** A field that was not given is absent from the object; one given as null is null. */
@InputType({ description: 'Changes to the settings of one datacenter. What is left out stays as it is.' })
export class UpdateDatacenterSettingsInput {
  @Field(() => String, { description: 'Name of the datacenter.' })
  datacenter!: string;

  @Field(() => Int, {
    nullable: true,
    description:
      'How many images may be bound to the datacenter, 0 or more; null: no limit. Images beyond a lowered limit stay, but no further one can be bound.',
  })
  vmsImageLimit?: number | null;
}

/** A repository to configure. */
@InputType({ description: 'An image repository to configure.' })
export class NamedUrlInput {
  @Field(() => String, {
    description:
      'Unique, 1 to 32 of `a-z 0-9 . _ -`, first a letter or digit. The name of the local repository cannot be taken.',
  })
  name!: string;

  @Field(() => HttpUrl, { description: 'Address of the IMGAPI server; a path in it is kept. It may have a user and a password in it (`https://user:password@host`), which are sent to that server alone and never shown; an address of the same server (scheme, host and port) without them keeps those that the repository has.' })
  url!: string;
}

/** A field that was not given is absent from the object; one given as null is null. */
@InputType({
  description: 'Changes to the settings that hold everywhere. What is left out stays as it is; a list replaces the present one.',
})
export class UpdateGlobalSettingsInput {
  @Field(() => String, {
    nullable: true,
    description:
      'The image server, by hostname or UUID: a SunOS zone that is running or stopped. Null: no image server, all image operations then happen in the database alone.',
  })
  vmsImageVm?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Which network card of the image server compute nodes talk to, counted from 1.',
  })
  vmsImageVmNic?: number | null;

  @Field(() => [HttpUrl], {
    nullable: true,
    description: 'All further image sources for compute nodes, at most 16, in the order in which they are asked. Empty: none.',
  })
  vmsImageSources?: string[] | null;

  @Field(() => [NamedUrlInput], {
    nullable: true,
    description:
      'All remote image repositories, at most 16. One that is missing or has another address loses its stored list; images imported from it stay. To change one of them, use `addImageRepository`, `updateImageRepository` or `removeImageRepository`.',
  })
  vmsImageRepositories?: NamedUrlInput[] | null;
}
