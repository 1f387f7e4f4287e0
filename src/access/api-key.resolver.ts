import { Arg, ID, Mutation, Resolver } from 'type-graphql';
import { notImplemented } from '../platform/errors.js';
import { CreateApiKeyInput } from './api-key.inputs.js';
import { CreateApiKeyPayloadType } from './api-key.type.js';

/** Giving out and taking back API keys; for SuperAdmins. */
@Resolver()
export class ApiKeyResolver {
  @Mutation(() => CreateApiKeyPayloadType, {
    description:
      'Makes an API key for a user; the answer is the only place where the secret is shown. SuperAdmin only. Errors: NOT_FOUND for an unknown user, BAD_USER_INPUT for a broken value, an inactive user or an expiry in the past.',
  })
  async createApiKey(
    @Arg('input', () => CreateApiKeyInput, { description: 'Whom the key is for, and until when.' })
    _input: CreateApiKeyInput,
  ): Promise<CreateApiKeyPayloadType> {
    throw notImplemented('createApiKey');
  }

  @Mutation(() => ID, {
    description:
      'Takes an API key back for good and answers its id; revoking it again changes nothing. SuperAdmin only. Errors: NOT_FOUND for an unknown id.',
  })
  async revokeApiKey(
    @Arg('id', () => ID, { description: 'The id that `createApiKey` answered.' }) _id: string,
  ): Promise<string> {
    throw notImplemented('revokeApiKey');
  }
}
