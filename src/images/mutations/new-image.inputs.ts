import { Field, InputType } from 'type-graphql';
import { type ImageAccess, ImageAccessEnum } from '../image.enums.js';

/** Fields of every image mutation. */
@InputType()
export abstract class DryRunFields {
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      'True: only checks and tells. The errors are the same, `warnings` say what would happen, and nothing changes; the image and the task answered are what they would be.',
  })
  dryRun?: boolean | null;
}

/** Fields of every new image, imported or created. */
@InputType()
export abstract class NewImageFields extends DryRunFields {
  @Field(() => String, {
    nullable: true,
    description:
      'Name for display: 1 to 32 characters, no control, format or bidirectional characters, `<` or `>`; unique together with the version, upper and lower case are the same. Outer spaces are removed. Left out or null: the name.',
  })
  alias?: string | null;

  @Field(() => ImageAccessEnum, { nullable: true, defaultValue: 'PRIVATE', description: 'Who can use it.' })
  access?: ImageAccess | null;

  @Field(() => String, {
    nullable: true,
    description: 'Username of its owner, who must be active. Left out or null: you.',
  })
  owner?: string | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'At most 32 different tags, each at most 64 letters, digits, spaces or `:`, `/`, `_`, `-`. Left out or null: those of the manifest of an import, else none.',
  })
  tags?: string[] | null;
}

/** Fields of every import; the manifest fills in what is left out. */
@InputType()
export abstract class ImportedImageFields extends NewImageFields {
  @Field(() => String, {
    nullable: true,
    description:
      'A text of your choice, 1 to 200 characters, such as a UUID, by which this import can be sent again after an answer that was lost: within a day, the same input with the same key makes nothing new and answers with the same image and task. CONFLICT for another input with it. `dryRun` uses up no key.',
  })
  idempotencyKey?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Name of the datacenter that the image is bound and attached to; required when `dcBound` is true.',
  })
  datacenter?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description: 'Whether it is bound to `datacenter`. False, for SuperAdmins only: bound and attached nowhere.',
  })
  dcBound?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      'True: imports missing base images first, each from a configured repository that lists it, with the same access, owner and datacenter, in a task of its own that this one waits for. False: a missing base is MISSING_ORIGIN.',
  })
  includeOrigins?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: "1 to 16 characters, no control, format or bidirectional characters, `<` or `>`. Outer spaces are removed. Left out or null: the manifest's.",
  })
  version?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Free text, at most 128 characters. Left out or null: the manifest's, cut to that length.",
  })
  description?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether it can grow to fill a larger disk. Left out or null: as the manifest says; true for zones.',
  })
  resize?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether a new server shuts down once deployed from it. Left out or null: as the manifest says, else false.',
  })
  deploy?: boolean | null;
}
