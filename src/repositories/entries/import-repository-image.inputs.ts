import { Field, InputType } from 'type-graphql';
import { ImportedImageFields } from '../../images/mutations/new-image.inputs.js';
import { Uuid } from '../../platform/graphql/scalars.js';

/** An import of something that a repository lists. */
@InputType({ description: 'An image of a repository to import.' })
export class ImportRepositoryImageInput extends ImportedImageFields {
  @Field(() => String, { description: 'Name of the repository.' })
  repository!: string;

  @Field(() => Uuid, { description: 'UUID of the image in the repository, which it keeps here.' })
  uuid!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "Unique name: at most 32 letters, digits or `.`, `_`, `-`, the first a letter or digit. Left out or null: the manifest's name made to fit; BAD_USER_INPUT when none can be made of it.",
  })
  name?: string | null;
}
