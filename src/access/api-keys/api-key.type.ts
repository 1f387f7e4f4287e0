import { Field, ID, ObjectType } from 'type-graphql';
import { DateTime } from '../../platform/graphql/scalars.js';

/** A key as far as it may be shown: never the secret, and never its hash. */
@ObjectType('ApiKey', {
  simpleResolvers: true,
  description: 'An API key that has not been revoked, without its secret.',
})
export class ApiKeyType {
  @Field(() => ID, { description: 'Names the key in `revokeApiKey`. It is no secret.' })
  id!: string;

  @Field(() => String, { description: 'What the key is for, as given when it was made.' })
  name!: string;

  @Field(() => String, { description: 'The first characters of the key, to find it by. Keys made before version 0.2 show only those that all keys share.' })
  prefix!: string;

  @Field(() => DateTime, { description: 'When the key was made.' })
  createdAt!: Date | number;

  @Field(() => DateTime, { nullable: true, description: 'When the key last signed somebody in, to the minute; null: never, or not since uses are recorded.' })
  lastUsedAt!: Date | number | null;

  @Field(() => DateTime, { nullable: true, description: 'From when the key is refused; null: it does not expire.' })
  expiresAt!: Date | number | null;
}

/** The answer to a creation, and the only place that shows the key: the database has its hash alone. */
@ObjectType('CreateApiKeyPayload', {
  simpleResolvers: true,
  description: 'A new API key, with the secret itself.',
})
export class CreateApiKeyPayloadType {
  @Field(() => ID, { description: 'Names the key in `revokeApiKey`. It is no secret.' })
  id!: string;

  @Field(() => String, { description: 'What the key is for, as given.' })
  name!: string;

  @Field(() => String, {
    description:
      'The secret to send as `Authorization: Bearer <key>`. It is shown this once and cannot be asked for again: store it now.',
  })
  key!: string;

  @Field(() => DateTime, { nullable: true, description: 'From when the key is refused; null: it does not expire.' })
  expiresAt!: Date | null;
}
