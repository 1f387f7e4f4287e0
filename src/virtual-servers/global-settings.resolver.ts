import { Arg, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { UpdateGlobalSettingsInput } from '../datacenters/settings.inputs.js';
import { GlobalSettingsType } from '../datacenters/settings.type.js';
import { notImplemented } from '../platform/errors.js';
import { VirtualServerType } from './virtual-server.type.js';

/** Which server is the image server. Changing settings is here because it reaches servers and repositories alike. */
@Resolver(() => GlobalSettingsType)
export class GlobalSettingsResolver {
  @Mutation(() => GlobalSettingsType, {
    description:
      'Changes what is given of the settings that hold everywhere. SuperAdmin only. Errors: BAD_USER_INPUT with every broken value: an unknown or unfit server, a network card it does not have, a repository name that is malformed, taken or listed twice, too many repositories.',
  })
  async updateGlobalSettings(
    @Arg('input', () => UpdateGlobalSettingsInput, { description: 'What changes.' }) _input: UpdateGlobalSettingsInput,
  ): Promise<GlobalSettingsType> {
    throw notImplemented('updateGlobalSettings');
  }

  @FieldResolver(() => VirtualServerType, {
    nullable: true,
    description:
      'The server that keeps the bytes of images (VMS_IMAGE_VM). Null: none, so image operations happen in the database alone.',
  })
  async vmsImageVm(@Root() settings: GlobalSettingsType): Promise<VirtualServerType | null> {
    if (settings.imageServerId === null) {
      return null;
    }
    if (settings.loadedImageServer !== undefined) {
      return settings.loadedImageServer;
    }
    throw notImplemented('GlobalSettings.vmsImageVm');
  }
}
