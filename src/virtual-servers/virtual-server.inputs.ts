import { Field, InputType, Int } from 'type-graphql';
import { OsTypeEnum } from '../images/image.enums.js';
import type { OsType } from '../imgapi/os-type.js';
import { Uuid } from '../platform/graphql/scalars.js';
import { type ServerStatus, ServerStatusEnum } from './virtual-server.enums.js';

/** A disk as reported, in a list of all disks of the server. */
@InputType({ description: 'A disk of a server.' })
export class VirtualDiskInput {
  @Field(() => Int, { description: 'Position in the server, counted from 1; unique in the list.' })
  diskId!: number;

  @Field(() => Int, {
    description:
      'Size in MiB: that of the image when the image cannot be resized, else at least that. Zones: any size.',
  })
  size!: number;

  @Field(() => String, {
    nullable: true,
    description:
      "Name of the image on it, disk 1 only: usable by the server's owner in its datacenter, OK, and of the server's OS type. A disk that has an image already may keep it. Left out or null: none.",
  })
  image?: string | null;
}

/** What the compute side reports about a server that it has defined. */
@InputType({ description: 'A virtual server to register.' })
export class RegisterServerInput {
  @Field(() => Uuid, { description: 'Its UUID; unique, cannot be changed later.' })
  uuid!: string;

  @Field(() => String, { description: 'Unique host name, at most 128 characters.' })
  hostname!: string;

  @Field(() => String, { description: 'Name of the datacenter it runs in.' })
  datacenter!: string;

  @Field(() => String, { description: 'Username of its owner.' })
  owner!: string;

  @Field(() => OsTypeEnum, { description: 'What kind of system it runs; cannot be changed later.' })
  osType!: OsType;

  @Field(() => ServerStatusEnum, { nullable: true, defaultValue: 'NOT_CREATED', description: 'Its state.' })
  status?: ServerStatus | null;

  @Field(() => [String], { nullable: true, description: 'Its own tags; none when left out.' })
  tags?: string[] | null;

  @Field(() => [VirtualDiskInput], { nullable: true, description: 'All its disks; none when left out.' })
  disks?: VirtualDiskInput[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Its IP addresses, one for each network card, in their order; none when left out.',
  })
  addresses?: string[] | null;
}

/** A field that is left out is undefined; one given as null is null. */
@InputType({ description: 'Changes to a registered server. What is left out stays; a list replaces the present one.' })
export class UpdateServerInput {
  @Field(() => Uuid, { description: 'Which server; a UUID never changes.' })
  uuid!: string;

  @Field(() => String, { nullable: true, description: 'New host name, unique, at most 128 characters.' })
  hostname?: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the datacenter it runs in from now on.' })
  datacenter?: string | null;

  @Field(() => String, { nullable: true, description: 'Username of the new owner.' })
  owner?: string | null;

  @Field(() => ServerStatusEnum, { nullable: true, description: 'New state.' })
  status?: ServerStatus | null;

  @Field(() => [String], { nullable: true, description: 'All its own tags from now on. Empty: none.' })
  tags?: string[] | null;

  @Field(() => [VirtualDiskInput], {
    nullable: true,
    description: 'All its disks from now on; one that is missing is gone, and with it the use of its image.',
  })
  disks?: VirtualDiskInput[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'All its IP addresses from now on, one for each network card, in their order.',
  })
  addresses?: string[] | null;
}
