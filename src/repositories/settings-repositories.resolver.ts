import { FieldResolver, Resolver, Root } from 'type-graphql';
import { GlobalSettingsType, NamedUrlType } from '../datacenters/settings.type.js';
import { notImplemented } from '../platform/errors.js';

/** The configured repositories as a setting: their rows are that setting. */
@Resolver(() => GlobalSettingsType)
export class SettingsRepositoriesResolver {
  @FieldResolver(() => [NamedUrlType], {
    description:
      'The remote image repositories by name (VMS_IMAGE_REPOSITORIES). The local one is not configured and not listed.',
  })
  async vmsImageRepositories(@Root() settings: GlobalSettingsType): Promise<NamedUrlType[]> {
    if (settings.loadedRepositories) {
      return settings.loadedRepositories;
    }
    throw notImplemented('GlobalSettings.vmsImageRepositories');
  }
}
