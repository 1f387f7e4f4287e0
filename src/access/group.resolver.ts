import { Arg, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { notImplemented } from '../platform/errors.js';
import { CreateGroupInput, UpdateGroupInput } from './group.inputs.js';
import { GroupType } from './group.type.js';
import { UserType } from './user.type.js';

/** Reading and changing groups; for SuperAdmins. */
@Resolver(() => GroupType)
export class GroupResolver {
  @Query(() => GroupType, {
    nullable: true,
    description: 'One group, or null when there is none of that name. SuperAdmin only, else FORBIDDEN.',
  })
  async group(@Arg('name', () => String, { description: 'Exact name.' }) _name: string): Promise<GroupType | null> {
    throw notImplemented('group');
  }

  @Query(() => [GroupType], { description: 'All groups by name. SuperAdmin only, else FORBIDDEN.' })
  async groups(): Promise<GroupType[]> {
    throw notImplemented('groups');
  }

  @Mutation(() => GroupType, {
    description:
      'Makes a group. SuperAdmin only. Errors: ALREADY_EXISTS when the name is taken, BAD_USER_INPUT for a broken value or an unknown user or datacenter.',
  })
  async createGroup(
    @Arg('input', () => CreateGroupInput, { description: 'The new group.' }) _input: CreateGroupInput,
  ): Promise<GroupType> {
    throw notImplemented('createGroup');
  }

  @Mutation(() => GroupType, {
    description:
      'Changes what is given of a group; members feel it with their next request. SuperAdmin only. Errors: NOT_FOUND for an unknown group, BAD_USER_INPUT for a broken value or an unknown user or datacenter.',
  })
  async updateGroup(
    @Arg('input', () => UpdateGroupInput, { description: 'Which group, and what changes.' }) _input: UpdateGroupInput,
  ): Promise<GroupType> {
    throw notImplemented('updateGroup');
  }

  @Mutation(() => String, {
    description:
      'Deletes a group and answers its name. Members lose what only it granted. SuperAdmin only. Errors: NOT_FOUND for an unknown group.',
  })
  async deleteGroup(@Arg('name', () => String, { description: 'Which group.' }) _name: string): Promise<string> {
    throw notImplemented('deleteGroup');
  }

  @FieldResolver(() => [UserType], { description: 'The members, by username.' })
  async users(@Root() group: GroupType): Promise<UserType[]> {
    if (group.loadedUsers) {
      return group.loadedUsers;
    }
    throw notImplemented('Group.users');
  }
}
