import { Field, InputType } from 'type-graphql';
import { DateTime } from '../../platform/graphql/scalars.js';

/** A null means the same as a field left out. */
@InputType({ description: 'A new API key for a user.' })
export class CreateApiKeyInput {
  @Field(() => String, { description: 'Whom the key signs in; an active user.' })
  username!: string;

  @Field(() => String, { description: 'What the key is for, 1 to 64 characters, so that it can be told from others.' })
  name!: string;

  @Field(() => DateTime, {
    nullable: true,
    description: 'From when the key is refused; must lie in the future. Left out or null: it does not expire.',
  })
  expiresAt?: Date | null;
}
