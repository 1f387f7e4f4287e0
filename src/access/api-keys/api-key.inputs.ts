import { Field, InputType } from 'type-graphql';
import { DateTime } from '../../platform/graphql/scalars.js';

/** A null means the same as a field left out. */
@InputType({ description: 'A new API key for a user.' })
export class CreateApiKeyInput {
  @Field(() => String, { description: 'Whom the key signs in: you, or as a SuperAdmin any active user.' })
  username!: string;

  @Field(() => String, { description: 'What the key is for, 1 to 64 characters, so that it can be told from others.' })
  name!: string;

  @Field(() => DateTime, {
    nullable: true,
    description: 'From when the key is refused; must lie in the future, and for who is no SuperAdmin at most API_KEY_MAX_DAYS (365, unless set otherwise) away. Left out or null: after that time, and of a SuperAdmin never.',
  })
  expiresAt?: Date | null;
}
