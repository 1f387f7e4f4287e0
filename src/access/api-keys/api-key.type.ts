import { Field, ID, ObjectType } from 'type-graphql';
import { DateTime } from '../../platform/graphql/scalars.js';

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
