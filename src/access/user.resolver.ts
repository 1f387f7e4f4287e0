import { Arg, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { notImplemented } from '../platform/errors.js';
import { GroupType } from './group.type.js';
import { CreateUserInput, UpdateUserInput } from './user.inputs.js';
import { UserType } from './user.type.js';

/** Reading and changing accounts; for SuperAdmins. */
@Resolver(() => UserType)
export class UserResolver {
  @Query(() => UserType, {
    nullable: true,
    description: 'One user, or null when there is none of that name. SuperAdmin only, else FORBIDDEN.',
  })
  async user(
    @Arg('username', () => String, { description: 'Exact username.' }) _username: string,
  ): Promise<UserType | null> {
    throw notImplemented('user');
  }

  @Query(() => [UserType], {
    description: 'All users by username, active or not. SuperAdmin only, else FORBIDDEN.',
  })
  async users(): Promise<UserType[]> {
    throw notImplemented('users');
  }

  @Mutation(() => UserType, {
    description:
      'Makes a user. SuperAdmin only. Errors: ALREADY_EXISTS when the username is taken, BAD_USER_INPUT for a broken value or an unknown group.',
  })
  async createUser(
    @Arg('input', () => CreateUserInput, { description: 'The new user.' }) _input: CreateUserInput,
  ): Promise<UserType> {
    throw notImplemented('createUser');
  }

  @Mutation(() => UserType, {
    description:
      'Changes what is given of a user. SuperAdmin only. Errors: NOT_FOUND for an unknown username, BAD_USER_INPUT for a broken value or an unknown group.',
  })
  async updateUser(
    @Arg('input', () => UpdateUserInput, { description: 'Which user, and what changes.' }) _input: UpdateUserInput,
  ): Promise<UserType> {
    throw notImplemented('updateUser');
  }

  @FieldResolver(() => [GroupType], { description: 'The groups the user is in, by name.' })
  async groups(@Root() user: UserType): Promise<GroupType[]> {
    if (user.loadedGroups) {
      return user.loadedGroups;
    }
    throw notImplemented('User.groups');
  }
}
