import { Directive, Field, Int, ObjectType } from 'type-graphql';
import type { OsType } from '../../imgapi/os-type.js';
import { ImageType, type SelectedImage } from '../../images/image.type.js';
import { OsTypeEnum } from '../../images/image.enums.js';
import { connectionType } from '../../platform/database/list/page.js';
import type { ErrorCode } from '../../platform/error-codes.js';
import { ErrorCodeEnum } from '../../platform/graphql/error-code.enum.js';
import { partIds } from '../../platform/graphql/global-id.js';
import { NodeType } from '../../platform/graphql/node.type.js';
import { ByteSize, DateTime, HttpUrl, Json, Uuid } from '../../platform/graphql/scalars.js';
import { ImageRepositoryType } from '../image-repository.type.js';

/** The ids that the graph shows of entries: by repository and uuid, as each refresh writes a changed entry into a new row. */
export const ENTRY_IDS = partIds('RepositoryImage');

/** What the API shows of an entry of a repository's list. */
@ObjectType('RepositoryImage', {
  simpleResolvers: true,
  implements: NodeType,
  description: 'An image that a repository offers. It is no image of this cloud until it is imported.',
})
@Directive('@key(fields: "id")')
export class RepositoryImageType {
  id!: string;

  @Field(() => ImageRepositoryType, { description: 'The repository that offers it.' })
  repository!: ImageRepositoryType;

  @Field(() => ImageType, {
    nullable: true,
    description:
      'The image of this cloud with the same UUID, however it came here; null when there is none, or none that you can see.',
  })
  image!: SelectedImage | null;

  @Field(() => HttpUrl, { description: 'Where the repository serves its manifest; add `/file` for the bytes.' })
  manifestUrl!: string;

  @Field(() => Uuid, { description: 'Its UUID, which it keeps when it is imported.' })
  uuid!: string;

  @Field(() => String, { description: 'Its name in the repository; need not be unique there.' })
  name!: string;

  @Field(() => String, { description: 'Its version.' })
  version!: string;

  @Field(() => OsTypeEnum, {
    nullable: true,
    description: 'What kind of server it is for; null: a kind of image that this cloud cannot run.',
  })
  osType!: OsType | null;

  @Field(() => String, {
    description: "The type in the manifest's own words: `zvol`, `zone-dataset`, `lx-dataset`, `docker`, ...",
  })
  type!: string;

  @Field(() => String, { description: 'Free text; empty when there is none.' })
  description!: string;

  @Field(() => HttpUrl, { nullable: true, description: 'A page about it; null when the manifest names none.' })
  homepage!: string | null;

  @Field(() => Int, { description: 'The smallest disk it fits on, in MiB.' })
  size!: number;

  @Field(() => ByteSize, { description: 'Bytes to download; 0 when the manifest does not say.' })
  downloadSize!: number;

  @Field(() => String, { description: "The state in the manifest's own words, such as `active` or `disabled`." })
  state!: string;

  @Field(() => DateTime, { nullable: true, description: 'When it was published; null when the manifest does not say.' })
  publishedAt!: Date | number | null;

  @Field(() => Uuid, {
    nullable: true,
    description: 'UUID of the image it builds on, which must be imported first; null: it stands alone.',
  })
  origin!: string | null;

  @Field(() => Json, { description: 'The IMGAPI manifest as the repository gave it.' })
  manifest!: unknown;

  @Field(() => Boolean, {
    description: 'Whether it can be imported now, under a name that the import gives if `nameTaken` is true. That you may import at all is another question: see `Viewer.permissions`.',
  })
  importable!: boolean;

  @Field(() => ErrorCodeEnum, {
    nullable: true,
    description:
      'Why it cannot be imported now, as a code: UNSUPPORTED_TYPE, NO_FILE, ALREADY_EXISTS, MISSING_ORIGIN, ...; null when it can.',
  })
  notImportableReason!: ErrorCode | null;

  @Field(() => String, {
    nullable: true,
    description: 'The sentence with which an import under its own name would be refused now, also when only that name is taken, or the alias and version that it would get; null when it would not be.',
  })
  notImportableDetail?: string | null;

  @Field(() => Boolean, { description: 'Whether another image has its name, made to fit, so that an import has to give one.' })
  nameTaken!: boolean;
}

/** One page of a repository's images. */
export const RepositoryImageConnection = connectionType(
  'RepositoryImage',
  () => RepositoryImageType,
  'A page of the images that a repository offers.',
);
