import { Field, InputType } from 'type-graphql';

/** A null means the same as a field left out. */
@InputType({ description: 'A new user. It can sign in at once by a token with its username, or by an API key.' })
export class CreateUserInput {
  @Field(() => String, { description: 'Unique, at most 64 characters; cannot be changed later.' })
  username!: string;

  @Field(() => String, { nullable: true, description: 'E-mail address, at most 254 characters.' })
  email?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'Whether the user may do everything everywhere.',
  })
  isSuperAdmin?: boolean | null;

  @Field(() => [String], { nullable: true, description: 'Names of the groups to put the user in; none when left out.' })
  groups?: string[] | null;
}

/** A field that was not given is absent from the object; one given as null is null. */
@InputType({ description: 'Changes to a user. What is left out stays as it is.' })
export class UpdateUserInput {
  @Field(() => String, { description: 'Which user; a username never changes.' })
  username!: string;

  @Field(() => String, { nullable: true, description: 'New e-mail address, at most 254 characters; null removes it.' })
  email?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether the user may do everything everywhere.' })
  isSuperAdmin?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'False: the user can no longer sign in, with any token or key. What it owns stays.',
  })
  active?: boolean | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Names of all groups the user shall be in from now on: it replaces the present list. Empty: none.',
  })
  groups?: string[] | null;
}
