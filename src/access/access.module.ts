import { ApiKeyResolver } from './api-keys/api-key.resolver.js';
import { ApiKeyQueries } from './api-keys/api-key.queries.js';
import { ApiKeyService } from './api-keys/api-key.service.js';
import { GroupQueries } from './people/group.queries.js';
import { GroupResolver } from './people/group.resolver.js';
import { type Provider, provide } from './request-container.js';
import { UserQueries } from './people/user.queries.js';
import { UserResolver } from './people/user.resolver.js';
import { UserService } from './people/user.service.js';
import { ViewerResolver } from './viewer.resolver.js';

/** Providers of users, groups, API keys and the viewer. */
export function accessModule({ apiKeyMaxDays }: { apiKeyMaxDays: number }): Provider[] {
  return [
    provide(UserQueries, (container) => new UserQueries(container.reads)),
    provide(GroupQueries, (container) => new GroupQueries(container.reads)),
    provide(UserService, (container) => new UserService(container.em, container.viewer, container.get(UserQueries))),
    provide(ApiKeyService, (container) => new ApiKeyService(container.em, container.viewer, apiKeyMaxDays)),
    provide(ApiKeyQueries, (container) => new ApiKeyQueries(container.reads)),
    provide(ViewerResolver, (container) => new ViewerResolver(container.viewer, () => container.get(UserQueries))),
    provide(UserResolver, (container) => new UserResolver(container.viewer, container.get(UserQueries), container.get(UserService), container.get(GroupQueries))),
    provide(GroupResolver, (container) => new GroupResolver(container.get(GroupQueries), container.get(UserQueries), container.viewer)),
    provide(ApiKeyResolver, (container) => new ApiKeyResolver(container.get(ApiKeyService), container.get(ApiKeyQueries))),
  ];
}
