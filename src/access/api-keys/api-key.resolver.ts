import { Arg, FieldResolver, ID, Mutation, Resolver, Root } from 'type-graphql';
import { GUARDED, UserType } from '../people/user.type.js';
import { CreateApiKeyInput } from './api-key.inputs.js';
import { ApiKeyQueries } from './api-key.queries.js';
import { ApiKeyService } from './api-key.service.js';
import { ApiKeyType, CreateApiKeyPayloadType } from './api-key.type.js';

/** Lists, issues and revokes API keys: one's own, and those of others as a SuperAdmin. */
@Resolver(() => UserType)
export class ApiKeyResolver {
  constructor(
    private readonly keys: ApiKeyService,
    private readonly queries: ApiKeyQueries,
  ) {}

  @Mutation(() => CreateApiKeyPayloadType, {
    description:
      'Makes an API key; the answer is the only place where the secret is shown. For yourself, or as a SuperAdmin for anybody. Errors: FORBIDDEN for another user, BAD_USER_INPUT for a broken value, an unknown or inactive user, an expiry that is past or too far away, or too many keys.',
  })
  async createApiKey(
    @Arg('input', () => CreateApiKeyInput, { description: 'Whom the key is for, and until when.' })
    input: CreateApiKeyInput,
  ): Promise<CreateApiKeyPayloadType> {
    return this.keys.create(input);
  }

  @Mutation(() => ID, {
    description:
      'Takes an API key back for good and answers its id; revoking it again changes nothing. One of your own, or as a SuperAdmin any. Errors: NOT_FOUND for an unknown id and for a key of another user.',
  })
  async revokeApiKey(
    @Arg('id', () => ID, { description: 'The id that `createApiKey` and `User.apiKeys` answer.' }) id: string,
  ): Promise<string> {
    return this.keys.revoke(id);
  }

  @FieldResolver(() => [ApiKeyType], {
    nullable: true,
    description: `The API keys that are not revoked, the newest first, at most 200. ${GUARDED}`,
  })
  async apiKeys(@Root() user: UserType): Promise<ApiKeyType[]> {
    return this.queries.byUser.load(user.id);
  }
}
