import { Arg, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { UpdateGlobalSettingsInput } from '../../datacenters/settings/settings.inputs.js';
import { GlobalSettingsType } from '../../datacenters/settings/settings.type.js';
import { GlobalSettingsService } from './global-settings.service.js';
import { ServerQueries } from '../server.queries.js';
import { VirtualServerType } from '../virtual-server.type.js';

/** The image server among the settings, and the change of settings, which concerns servers and repositories alike. */
@Resolver(() => GlobalSettingsType)
export class GlobalSettingsResolver {
  constructor(
    private readonly service: GlobalSettingsService,
    private readonly servers: ServerQueries,
  ) {}

  @Mutation(() => GlobalSettingsType, {
    description:
      'Changes what is given of the settings that hold everywhere. SuperAdmin only. Errors: BAD_USER_INPUT with every broken value: an unknown or unfit server, a network card it does not have, a repository name that is malformed, taken or listed twice, too many repositories.',
  })
  async updateGlobalSettings(
    @Arg('input', () => UpdateGlobalSettingsInput, { description: 'What changes.' }) input: UpdateGlobalSettingsInput,
  ): Promise<GlobalSettingsType> {
    return this.service.update(input);
  }

  @FieldResolver(() => VirtualServerType, {
    nullable: true,
    description:
      'The server that keeps the bytes of images (VMS_IMAGE_VM). Null: none, so image operations happen in the database alone.',
  })
  async vmsImageVm(@Root() settings: GlobalSettingsType): Promise<VirtualServerType | null> {
    return settings.imageServerId === null ? null : this.servers.byId.load(settings.imageServerId);
  }
}
