import { Field, InputType } from 'type-graphql';
import { type DatacenterAccess, DatacenterAccessEnum } from './datacenter.enums.js';

/** A null means the same as a field left out. */
@InputType({ description: 'A new datacenter.' })
export class CreateDatacenterInput {
  @Field(() => String, { description: 'Unique, at most 64 characters; cannot be changed later.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Name for display, at most 64 characters; the name when left out.' })
  alias?: string | null;

  @Field(() => DatacenterAccessEnum, {
    nullable: true,
    defaultValue: 'PRIVATE',
    description: 'Who can see it.',
  })
  access?: DatacenterAccess | null;

  @Field(() => String, {
    nullable: true,
    description: 'Username of an active user, who then holds ADMIN there; you when left out.',
  })
  owner?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Names of the groups whose permissions hold there; none when left out.',
  })
  groups?: string[] | null;

  @Field(() => String, { nullable: true, description: 'At most 128 characters; empty when left out.' })
  description?: string | null;
}

/** A field that was not given is absent from the object; one given as null is null. */
@InputType({ description: 'Changes to a datacenter. What is left out stays as it is.' })
export class UpdateDatacenterInput {
  @Field(() => String, { description: 'Which datacenter; a name never changes.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'New name for display, at most 64 characters.' })
  alias?: string | null;

  @Field(() => DatacenterAccessEnum, {
    nullable: true,
    description: 'Who can see it. The default datacenter cannot be made private.',
  })
  access?: DatacenterAccess | null;

  @Field(() => String, { nullable: true, description: 'Username of the new owner, an active user.' })
  owner?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Names of all groups whose permissions shall hold there from now on. Empty: none.',
  })
  groups?: string[] | null;

  @Field(() => String, { nullable: true, description: 'New description, at most 128 characters.' })
  description?: string | null;
}
