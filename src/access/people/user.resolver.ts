import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, FieldResolver, Info, Mutation, Query, Resolver, Root } from 'type-graphql';
import { type Connection, PageArgs } from '../../platform/database/list/page.js';
import { connectionSelection } from '../../platform/graphql/selection.js';
import { GroupQueries } from './group.queries.js';
import { GroupType } from './group.type.js';
import { CreateUserInput, UpdateUserInput } from './user.inputs.js';
import { UserQueries } from './user.queries.js';
import { UserService } from './user.service.js';
import { GUARDED, UserConnection, UserType } from './user.type.js';
import type { Viewer } from '../viewer.js';

/** Reads and changes accounts; for SuperAdmins. */
@Resolver(() => UserType)
export class UserResolver {
  constructor(
    private readonly viewer: Viewer,
    private readonly queries: UserQueries,
    private readonly service: UserService,
    private readonly groupQueries: GroupQueries,
  ) {}

  @Query(() => UserType, {
    nullable: true,
    description: 'One user, or null when there is none of that name. SuperAdmin only; else null with a FORBIDDEN error.',
  })
  async user(
    @Arg('username', () => String, { description: 'Exact username.' }) username: string,
  ): Promise<UserType | null> {
    return this.queries.byUsername(username);
  }

  @Query(() => UserConnection, {
    nullable: true,
    description: 'Users by username, active or not. SuperAdmin only; else null with a FORBIDDEN error.',
  })
  async users(
    @Args(() => PageArgs) page: PageArgs,
    @Info() info: GraphQLResolveInfo,
    @Arg('search', () => String, {
      nullable: true,
      description: 'Text that occurs in the username or e-mail address; upper and lower case are the same.',
    })
    search?: string | null,
    @Arg('active', () => Boolean, { nullable: true, description: 'True: only users who can sign in. False: only those who cannot.' })
    active?: boolean | null,
  ): Promise<Connection<UserType> | null> {
    return this.queries.page({ search, active }, page, connectionSelection(info));
  }

  @Mutation(() => UserType, {
    description:
      'Makes a user. SuperAdmin only. Errors: ALREADY_EXISTS when the username is taken, BAD_USER_INPUT for a broken value or an unknown group.',
  })
  async createUser(
    @Arg('input', () => CreateUserInput, { description: 'The new user.' }) input: CreateUserInput,
  ): Promise<UserType> {
    return this.service.create(input);
  }

  @Mutation(() => UserType, {
    description:
      'Changes what is given of a user. SuperAdmin only. Errors: NOT_FOUND for an unknown username, BAD_USER_INPUT for a broken value or an unknown group.',
  })
  async updateUser(
    @Arg('input', () => UpdateUserInput, { description: 'Which user, and what changes.' }) input: UpdateUserInput,
  ): Promise<UserType> {
    return this.service.update(input);
  }

  @FieldResolver(() => [GroupType], {
    nullable: true,
    description: `The groups the user is in, by name. Of yourself also those that your token names, for as long as it holds. ${GUARDED}`,
  })
  async groups(@Root() user: UserType): Promise<GroupType[]> {
    return user.id === this.viewer.userId ? this.groupQueries.ofCaller(this.viewer) : this.groupQueries.byUser.load(user.id);
  }
}
