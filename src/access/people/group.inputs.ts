import { Field, InputType } from 'type-graphql';
import { type Permission, PermissionEnum } from '../permission.js';

/** A null means the same as a field left out. */
@InputType({ description: 'A new group of users.' })
export class CreateGroupInput {
  @Field(() => String, { description: 'Unique, at most 64 characters; cannot be changed later.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Name for display, at most 64 characters; the name when left out.' })
  alias?: string | null;

  @Field(() => [PermissionEnum], { description: 'What members hold in each attached datacenter; may be empty.' })
  permissions!: Permission[];

  @Field(() => [String], { nullable: true, description: 'Usernames of the first members; none when left out.' })
  users?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Names of the datacenters where the permissions hold; none when left out.',
  })
  datacenters?: string[] | null;
}

/** A field that was not given is absent from the object; one given as null is null. */
@InputType({ description: 'Changes to a group. What is left out stays as it is; a list replaces the present one.' })
export class UpdateGroupInput {
  @Field(() => String, { description: 'Which group; a name never changes.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'New name for display, at most 64 characters.' })
  alias?: string | null;

  @Field(() => [PermissionEnum], {
    nullable: true,
    description: 'All permissions that members shall hold from now on. Empty: none.',
  })
  permissions?: Permission[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Usernames of all members from now on. Empty: nobody.',
  })
  users?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Names of all datacenters where the permissions shall hold from now on. Empty: nowhere.',
  })
  datacenters?: string[] | null;
}
