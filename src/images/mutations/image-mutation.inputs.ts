import { Field, InputType } from 'type-graphql';
import { DateTime, HttpUrl } from '../../platform/graphql/scalars.js';
import { type ImageAccess, ImageAccessEnum } from '../image.enums.js';
import { ImportedImageFields, DryRunFields } from './new-image.inputs.js';

/** An import from a URL that the caller gives. */
@InputType({ description: 'An image to import from the address of its manifest.' })
export class ImportImageInput extends ImportedImageFields {
  @Field(() => String, {
    description:
      'Unique name: at most 32 letters, digits or `.`, `_`, `-`, the first a letter or digit. It cannot be changed later.',
  })
  name!: string;

  @Field(() => HttpUrl, { description: 'Where its IMGAPI manifest is; the host must be one that may be fetched from.' })
  manifestUrl!: string;

  @Field(() => HttpUrl, {
    nullable: true,
    description: 'Where its file is. Left out or null: `manifestUrl` with `/file` added to its path; its query stays, a slash at the end and a fragment do not count.',
  })
  fileUrl?: string | null;
}

/** A field that was not given is absent from the object; one given as null is null. */
@InputType({ description: 'Changes to an image. What is left out stays; tags replace the present ones.' })
export class UpdateImageInput extends DryRunFields {
  @Field(() => String, { description: 'Which image; a name never changes.' })
  name!: string;

  @Field(() => DateTime, {
    nullable: true,
    description: 'The `updatedAt` that you have read. CONFLICT when the image was changed since; `extensions.current` is its present `updatedAt`. Left out or null: whatever it is now.',
  })
  ifUpdatedAt?: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'New name for display: 1 to 32 characters, no control, format or bidirectional characters, `<` or `>`; unique together with the version, upper and lower case are the same. Outer spaces are removed.',
  })
  alias?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'New version: 1 to 16 characters, no control, format or bidirectional characters, `<` or `>`. Outer spaces are removed.',
  })
  version?: string | null;

  @Field(() => ImageAccessEnum, {
    nullable: true,
    description: 'Who can use it from now on. DELETED hides it but keeps it for the servers that have it.',
  })
  access?: ImageAccess | null;

  @Field(() => String, { nullable: true, description: 'Username of the new owner, who must be active.' })
  owner?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'SuperAdmins only. True: binds it to its datacenter, when it is attached to exactly one. False: releases it; attachments stay.',
  })
  dcBound?: boolean | null;

  @Field(() => String, { nullable: true, description: 'New free text, at most 128 characters; empty takes it away.' })
  description?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether it can grow to fill a larger disk.' })
  resize?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether a new server shuts down once deployed from it.' })
  deploy?: boolean | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'All its tags from now on: at most 32 different ones, each at most 64 letters, digits, spaces or `:`, `/`, `_`, `-`. Empty: none.',
  })
  tags?: string[] | null;
}

/** Names the image to remove. */
@InputType({ description: 'An image to delete.' })
export class DeleteImageInput extends DryRunFields {
  @Field(() => String, { description: 'Name of the image.' })
  name!: string;
}

/** The image and the datacenter of an attachment. */
@InputType({ description: 'An image and the datacenter to attach it to or detach it from.' })
export class AttachImageInput extends DryRunFields {
  @Field(() => String, { description: 'Name of the image.' })
  image!: string;

  @Field(() => String, { description: 'Name of the datacenter.' })
  datacenter!: string;
}
