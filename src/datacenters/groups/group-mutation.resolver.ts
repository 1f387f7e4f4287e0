import { Arg, Mutation, Resolver } from 'type-graphql';
import { CreateGroupInput, UpdateGroupInput } from '../../access/people/group.inputs.js';
import { GroupType } from '../../access/people/group.type.js';
import { GroupService } from './group.service.js';

/** Changes groups; for SuperAdmins. */
@Resolver()
export class GroupMutationResolver {
  constructor(private readonly groups: GroupService) {}

  @Mutation(() => GroupType, {
    description:
      'Makes a group. SuperAdmin only. Errors: ALREADY_EXISTS when the name is taken, BAD_USER_INPUT for a broken value or an unknown user or datacenter.',
  })
  async createGroup(
    @Arg('input', () => CreateGroupInput, { description: 'The new group.' }) input: CreateGroupInput,
  ): Promise<GroupType> {
    return this.groups.create(input);
  }

  @Mutation(() => GroupType, {
    description:
      'Changes what is given of a group; members feel it with their next request. SuperAdmin only. Errors: NOT_FOUND for an unknown group, BAD_USER_INPUT for a broken value or an unknown user or datacenter.',
  })
  async updateGroup(
    @Arg('input', () => UpdateGroupInput, { description: 'Which group, and what changes.' }) input: UpdateGroupInput,
  ): Promise<GroupType> {
    return this.groups.update(input);
  }

  @Mutation(() => String, {
    description:
      'Deletes a group and answers its name. Members lose what only it granted. SuperAdmin only. Errors: NOT_FOUND for an unknown group.',
  })
  async deleteGroup(@Arg('name', () => String, { description: 'Which group.' }) name: string): Promise<string> {
    return this.groups.delete(name);
  }
}
