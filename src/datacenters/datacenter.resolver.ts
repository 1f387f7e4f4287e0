import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, FieldResolver, Info, Mutation, Query, Resolver, Root } from 'type-graphql';
import { GroupType } from '../access/group.type.js';
import { UserType } from '../access/user.type.js';
import { notImplemented } from '../platform/errors.js';
import { type Connection, PageArgs } from '../platform/page.js';
import { CreateDatacenterInput, UpdateDatacenterInput } from './datacenter.inputs.js';
import { DatacenterConnection, DatacenterType } from './datacenter.type.js';

/** Reading datacenters as far as the caller sees them, and changing them as a SuperAdmin. */
@Resolver(() => DatacenterType)
export class DatacenterResolver {
  @Query(() => DatacenterType, {
    nullable: true,
    description: 'One datacenter, or null when there is none of that name that you can see.',
  })
  async datacenter(
    @Arg('name', () => String, { description: 'Exact name.' }) _name: string,
  ): Promise<DatacenterType | null> {
    throw notImplemented('datacenter');
  }

  @Query(() => DatacenterConnection, {
    description:
      'The datacenters that you can see, by name: public ones, your own, and those that your groups are attached to; all of them for a SuperAdmin.',
  })
  async datacenters(
    @Args(() => PageArgs) _page: PageArgs,
    @Info() _info: GraphQLResolveInfo,
  ): Promise<Connection<DatacenterType>> {
    throw notImplemented('datacenters');
  }

  @Mutation(() => DatacenterType, {
    description:
      'Makes a datacenter. SuperAdmin only. Errors: ALREADY_EXISTS when the name is taken, BAD_USER_INPUT for a broken value or an unknown owner or group.',
  })
  async createDatacenter(
    @Arg('input', () => CreateDatacenterInput, { description: 'The new datacenter.' }) _input: CreateDatacenterInput,
  ): Promise<DatacenterType> {
    throw notImplemented('createDatacenter');
  }

  @Mutation(() => DatacenterType, {
    description:
      'Changes what is given of a datacenter. SuperAdmin only. Errors: NOT_FOUND for an unknown one, BAD_USER_INPUT for a broken value, an unknown owner or group, or making the default one private.',
  })
  async updateDatacenter(
    @Arg('input', () => UpdateDatacenterInput, { description: 'Which datacenter, and what changes.' })
    _input: UpdateDatacenterInput,
  ): Promise<DatacenterType> {
    throw notImplemented('updateDatacenter');
  }

  @Mutation(() => String, {
    description:
      'Deletes a datacenter and answers its name; its images are unbound and detached, not deleted. SuperAdmin only. Errors: NOT_FOUND for an unknown one, DATACENTER_NOT_EMPTY while it has servers, BAD_USER_INPUT for the default one.',
  })
  async deleteDatacenter(
    @Arg('name', () => String, { description: 'Which datacenter.' }) _name: string,
  ): Promise<string> {
    throw notImplemented('deleteDatacenter');
  }

  @FieldResolver(() => UserType, { description: 'The user who owns it and so holds ADMIN there.' })
  async owner(@Root() datacenter: DatacenterType): Promise<UserType> {
    if (datacenter.loadedOwner) {
      return datacenter.loadedOwner;
    }
    throw notImplemented('Datacenter.owner');
  }

  @FieldResolver(() => [GroupType], {
    description: 'The groups whose members can see it and hold their permissions there, by name.',
  })
  async groups(@Root() datacenter: DatacenterType): Promise<GroupType[]> {
    if (datacenter.loadedGroups) {
      return datacenter.loadedGroups;
    }
    throw notImplemented('Datacenter.groups');
  }
}
