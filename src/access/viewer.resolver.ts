import { FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { UserQueries } from './people/user.queries.js';
import { UserType } from './people/user.type.js';
import { Viewer } from './viewer.js';
import { shownViewer, ViewerType } from './viewer.type.js';

/** The signed-in caller and its account. */
@Resolver(() => ViewerType)
export class ViewerResolver {
  constructor(
    private readonly self: Viewer,
    private readonly users: () => UserQueries,
  ) {}

  @Query(() => ViewerType, { description: 'You, the signed-in caller. UNAUTHENTICATED when nobody is signed in.' })
  async viewer(): Promise<ViewerType> {
    return shownViewer(this.self);
  }

  @FieldResolver(() => UserType, { description: 'Your account.' })
  async user(@Root() viewer: ViewerType): Promise<UserType> {
    return viewer.loadedUser ?? this.users().require(viewer.userId);
  }
}
