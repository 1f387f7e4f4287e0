import { Arg, ID, Mutation, Resolver } from 'type-graphql';
import { CreateApiKeyInput } from './api-key.inputs.js';
import { ApiKeyService } from './api-key.service.js';
import { CreateApiKeyPayloadType } from './api-key.type.js';

/** Issues and revokes API keys; for SuperAdmins. */
@Resolver()
export class ApiKeyResolver {
  constructor(private readonly keys: ApiKeyService) {}

  @Mutation(() => CreateApiKeyPayloadType, {
    description:
      'Makes an API key for a user; the answer is the only place where the secret is shown. SuperAdmin only. Errors: BAD_USER_INPUT for a broken value, an unknown or inactive user, or an expiry in the past.',
  })
  async createApiKey(
    @Arg('input', () => CreateApiKeyInput, { description: 'Whom the key is for, and until when.' })
    input: CreateApiKeyInput,
  ): Promise<CreateApiKeyPayloadType> {
    return this.keys.create(input);
  }

  @Mutation(() => ID, {
    description:
      'Takes an API key back for good and answers its id; revoking it again changes nothing. SuperAdmin only. Errors: NOT_FOUND for an unknown id.',
  })
  async revokeApiKey(
    @Arg('id', () => ID, { description: 'The id that `createApiKey` answered.' }) id: string,
  ): Promise<string> {
    return this.keys.revoke(id);
  }
}
