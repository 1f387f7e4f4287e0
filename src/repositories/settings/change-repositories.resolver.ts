import { Arg, Mutation, Resolver } from 'type-graphql';
import { NamedUrlInput } from '../../datacenters/settings/settings.inputs.js';
import { ImageRepositoryType } from '../image-repository.type.js';
import type { ChangeRepositoriesService } from './change-repositories.service.js';

/** Changes one configured repository at a time. */
@Resolver()
export class ChangeRepositoriesResolver {
  constructor(private readonly service: () => ChangeRepositoriesService) {}

  @Mutation(() => ImageRepositoryType, {
    description:
      'Adds an image repository, and leaves the others as they are. Asks it for its list first, without storing it: load it with `refreshImageRepository`. SuperAdmin only. Errors: BAD_USER_INPUT for a malformed name, the name of the local repository, or a seventeenth repository; ALREADY_EXISTS for a name in use; REPOSITORY_UNREACHABLE with what the address answers when that is no list of images. To configure a server that is down, use `updateGlobalSettings`.',
  })
  async addImageRepository(
    @Arg('input', () => NamedUrlInput, { description: 'Name and address.' }) input: NamedUrlInput,
  ): Promise<ImageRepositoryType> {
    return this.service().add(input);
  }

  @Mutation(() => ImageRepositoryType, {
    description:
      'Points an image repository at another address, after asking that for its list. Its stored list goes; images imported from it stay. The same address changes nothing. SuperAdmin only. Errors: NOT_FOUND for an unknown name; the others as `addImageRepository`.',
  })
  async updateImageRepository(
    @Arg('input', () => NamedUrlInput, { description: 'Which repository, and its new address.' }) input: NamedUrlInput,
  ): Promise<ImageRepositoryType> {
    return this.service().update(input);
  }

  @Mutation(() => String, {
    description:
      'Removes an image repository and its stored list, leaves the others as they are, and returns its name. Images imported from it stay. SuperAdmin only. Errors: NOT_FOUND for an unknown name; BAD_USER_INPUT for the local repository, which goes with the image server.',
  })
  async removeImageRepository(@Arg('name', () => String, { description: 'Which repository.' }) name: string): Promise<string> {
    return this.service().remove(name);
  }
}
