import { Arg, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { notImplemented } from '../platform/errors.js';
import type { Permission } from './permission.js';
import { PermissionEnum } from './permission.enum.js';
import { UserType } from './user.type.js';
import { ViewerType } from './viewer.type.js';

/** What callers may ask about themselves. */
@Resolver(() => ViewerType)
export class ViewerResolver {
  @Query(() => ViewerType, { description: 'You, the signed-in caller. UNAUTHENTICATED when nobody is signed in.' })
  async viewer(): Promise<ViewerType> {
    throw notImplemented('viewer');
  }

  @FieldResolver(() => UserType, { description: 'Your account.' })
  async user(@Root() viewer: ViewerType): Promise<UserType> {
    if (viewer.loadedUser) {
      return viewer.loadedUser;
    }
    throw notImplemented('Viewer.user');
  }

  @FieldResolver(() => [PermissionEnum], {
    description:
      'What you hold in one datacenter, by owning it or through groups; a SuperAdmin holds all. NOT_FOUND when you cannot see the datacenter.',
  })
  async permissions(
    @Root() _viewer: ViewerType,
    @Arg('datacenter', () => String, {
      nullable: true,
      description: 'Name of the datacenter; your current one when left out or null.',
    })
    _datacenter?: string | null,
  ): Promise<Permission[]> {
    throw notImplemented('Viewer.permissions');
  }
}
