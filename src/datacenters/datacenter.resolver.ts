import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, FieldResolver, Info, Mutation, Query, Resolver, Root } from 'type-graphql';
import { GroupType } from '../access/people/group.type.js';
import { GroupQueries } from '../access/people/group.queries.js';
import { UserQueries } from '../access/people/user.queries.js';
import { UserType } from '../access/people/user.type.js';
import { type Connection, PageArgs, readPage } from '../platform/database/list/page.js';
import { connectionSelection } from '../platform/graphql/selection.js';
import { DatacenterQueries } from './datacenter.queries.js';
import { DatacenterService } from './datacenter.service.js';
import { CreateDatacenterInput, UpdateDatacenterInput } from './datacenter.inputs.js';
import { DatacenterConnection, DatacenterType } from './datacenter.type.js';

/** Reads the datacenters that the caller can see, and changes them for SuperAdmins. */
@Resolver(() => DatacenterType)
export class DatacenterResolver {
  constructor(
    private readonly queries: DatacenterQueries,
    private readonly service: DatacenterService,
    private readonly users: UserQueries,
    private readonly groupQueries: GroupQueries,
  ) {}

  @Query(() => DatacenterType, {
    nullable: true,
    description: 'One datacenter, or null when there is none of that name that you can see.',
  })
  async datacenter(
    @Arg('name', () => String, { description: 'Exact name.' }) name: string,
  ): Promise<DatacenterType | null> {
    return this.queries.byName(name);
  }

  @Query(() => DatacenterConnection, {
    description:
      'The datacenters that you can see, by name: public ones, your own, and those that your groups are attached to; all of them for a SuperAdmin.',
  })
  async datacenters(
    @Args(() => PageArgs) page: PageArgs,
    @Info() info: GraphQLResolveInfo,
    @Arg('search', () => String, { nullable: true, description: 'Text that occurs in the name or alias; upper and lower case are the same.' })
    search?: string | null,
  ): Promise<Connection<DatacenterType>> {
    return this.queries.page(search, readPage(page, { name: 'datacenter', value: 'string', id: 'number' }), connectionSelection(info));
  }

  @Mutation(() => DatacenterType, {
    description:
      'Makes a datacenter. SuperAdmin only. Errors: ALREADY_EXISTS when the name is taken, BAD_USER_INPUT for a broken value or an unknown owner or group.',
  })
  async createDatacenter(
    @Arg('input', () => CreateDatacenterInput, { description: 'The new datacenter.' }) input: CreateDatacenterInput,
  ): Promise<DatacenterType> {
    return this.service.create(input);
  }

  @Mutation(() => DatacenterType, {
    description:
      'Changes what is given of a datacenter. SuperAdmin only. Errors: NOT_FOUND for an unknown one, BAD_USER_INPUT for a broken value, an unknown owner or group, or making the default one private.',
  })
  async updateDatacenter(
    @Arg('input', () => UpdateDatacenterInput, { description: 'Which datacenter, and what changes.' })
    input: UpdateDatacenterInput,
  ): Promise<DatacenterType> {
    return this.service.update(input);
  }

  @Mutation(() => String, {
    description:
      'Deletes a datacenter and answers its name; its images are unbound and detached, not deleted. SuperAdmin only. Errors: NOT_FOUND for an unknown one, DATACENTER_NOT_EMPTY while it has servers, BAD_USER_INPUT for the default one.',
  })
  async deleteDatacenter(
    @Arg('name', () => String, { description: 'Which datacenter.' }) name: string,
  ): Promise<string> {
    return this.service.delete(name);
  }

  @FieldResolver(() => UserType, { description: 'The user who owns it and so holds ADMIN there.' })
  async owner(@Root() datacenter: DatacenterType): Promise<UserType> {
    return this.users.require(datacenter.ownerId);
  }

  @FieldResolver(() => [GroupType], {
    nullable: true,
    description:
      'The groups whose members can see it and hold their permissions there, by name. Only for SuperAdmins; else null with a FORBIDDEN error.',
  })
  async groups(@Root() datacenter: DatacenterType): Promise<GroupType[]> {
    return this.groupQueries.byDatacenter.load(datacenter.id);
  }
}
