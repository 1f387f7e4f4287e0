import { FieldResolver, Resolver, Root } from 'type-graphql';
import { GlobalSettingsType, NamedUrlType } from '../../datacenters/settings/settings.type.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { configuredRepositories } from './configure-repositories.js';

/** Shows the configured repositories as a setting. */
@Resolver(() => GlobalSettingsType)
export class SettingsRepositoriesResolver {
  constructor(private readonly em: SqlEntityManager) {}

  @FieldResolver(() => [NamedUrlType], {
    description:
      'The remote image repositories by name (VMS_IMAGE_REPOSITORIES). The local one is not configured and not listed.',
  })
  async vmsImageRepositories(@Root() _settings: GlobalSettingsType): Promise<NamedUrlType[]> {
    return configuredRepositories(this.em.fork());
  }
}
