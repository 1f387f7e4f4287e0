import { ApiKeyResolver } from './api-keys/api-key.resolver.js';
import { ApiKeyService } from './api-keys/api-key.service.js';
import { GroupQueries } from './people/group.queries.js';
import { GroupResolver } from './people/group.resolver.js';
import { type PartEntry, provide } from './scope.js';
import { UserQueries } from './people/user.queries.js';
import { UserResolver } from './people/user.resolver.js';
import { UserService } from './people/user.service.js';
import { ViewerResolver } from './viewer.resolver.js';

/** What people are made of, in every scope. */
export function accessParts(): PartEntry[] {
  return [
    provide(UserQueries, (scope) => new UserQueries(scope.reads)),
    provide(GroupQueries, (scope) => new GroupQueries(scope.reads)),
    provide(UserService, (scope) => new UserService(scope.em, scope.viewer, scope.get(UserQueries))),
    provide(ApiKeyService, (scope) => new ApiKeyService(scope.em, scope.viewer)),
    provide(ViewerResolver, (scope) => new ViewerResolver(scope.viewer, () => scope.get(UserQueries))),
    provide(UserResolver, (scope) => new UserResolver(scope.get(UserQueries), scope.get(UserService), scope.get(GroupQueries))),
    provide(GroupResolver, (scope) => new GroupResolver(scope.get(GroupQueries), scope.get(UserQueries))),
    provide(ApiKeyResolver, (scope) => new ApiKeyResolver(scope.get(ApiKeyService))),
  ];
}
