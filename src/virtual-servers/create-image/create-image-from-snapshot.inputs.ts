import { Field, InputType, Int } from 'type-graphql';
import { NewImageFields } from '../../images/mutations/new-image.inputs.js';

/** The snapshot, and the fields of the new image. Its size, OS type and datacenter come from the server. */
@InputType({
  description:
    "An image to create from a snapshot. It gets the size of the snapshot's disk and the server's OS type, and is bound to the server's datacenter.",
})
export class CreateImageFromSnapshotInput extends NewImageFields {
  @Field(() => String, { description: 'The server, by hostname or UUID.' })
  server!: string;

  @Field(() => String, { description: 'Name of the snapshot.' })
  snapshot!: string;

  @Field(() => Int, { defaultValue: 1, description: 'Which disk of the server, counted from 1.' })
  diskId!: number;

  @Field(() => String, {
    description:
      'Unique name of the image: at most 32 letters, digits or `.`, `_`, `-`, the first a letter or digit. It cannot be changed later.',
  })
  name!: string;

  @Field(() => String, {
    nullable: true,
    defaultValue: '1.0',
    description: '1 to 16 characters, no control, format or bidirectional characters, `<` or `>`. Outer spaces are removed.',
  })
  version?: string | null;

  @Field(() => String, { nullable: true, description: 'Free text, at most 128 characters; none when left out or null.' })
  description?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'Whether it can grow to fill a larger disk.',
  })
  resize?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'Whether a new server shuts down once deployed from it.',
  })
  deploy?: boolean | null;
}
