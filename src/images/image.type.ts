import { Directive, Field, Int, ObjectType } from 'type-graphql';
import { UserType } from '../access/people/user.type.js';
import { MissingPermissionsType } from '../access/verdict.type.js';
import { DatacenterType } from '../datacenters/datacenter.type.js';
import type { OsType } from '../imgapi/os-type.js';
import { connectionType } from '../platform/database/list/page.js';
import type { ErrorCode } from '../platform/error-codes.js';
import { ErrorCodeEnum } from '../platform/graphql/error-code.enum.js';
import { rowIds } from '../platform/graphql/global-id.js';
import { NodeType } from '../platform/graphql/node.type.js';
import { ByteSize, DateTime, HttpUrl, Uuid } from '../platform/graphql/scalars.js';
import type { FileFormat } from './file-kind/signatures.js';
import {
  FileFormatEnum,
  type ImageAccess,
  ImageAccessEnum,
  type ImageAction,
  ImageActionEnum,
  type ImageStatus,
  ImageStatusEnum,
  OsTypeEnum,
} from './image.enums.js';

/** The ids that the graph shows of images. */
export const IMAGE_IDS = rowIds('Image');

/**
 * What the API shows of an image. Field resolvers show the guarded fields, and only to a viewer for whom the image is `inspectable`.
 * `IMAGE_FIELDS` says which column fills each field; the compiler refuses a field that none fills.
 */
@ObjectType('Image', {
  simpleResolvers: true,
  implements: NodeType,
  description:
    'A template for virtual disks. Admins of the datacenters it is attached to can see it, and so can those who may use it.',
})
@Directive('@key(fields: "id")')
@Directive('@key(fields: "uuid")')
@Directive('@key(fields: "name")')
export class ImageType {
  id!: number;
  ownerId!: number;
  boundDatacenterId!: number | null;
  repositoryId!: number | null;
  sourceSnapshotId!: number | null;
  /** The uuid of the image that it builds on, in the catalogue or not. */
  originUuid!: string | null;
  inspectable!: boolean;
  /** Whether a dry run wrote it. It then has an id of its own, so that no cache takes it for the image. */
  isDryRun?: boolean;
  guardedFile?: Omit<ImageFileType, 'url' | 'uuid'> | null;
  guardedManifestUrl?: string | null;

  @Field(() => Uuid, { description: 'Its UUID, the same on the image server and on compute nodes. It never changes.' })
  uuid!: string;

  @Field(() => String, { description: 'Unique name to refer to the image by. It never changes.' })
  name!: string;

  @Field(() => String, { description: 'Name for display; unique together with the version; upper and lower case are the same.' })
  alias!: string;

  @Field(() => String, { description: 'Its version; free text, not compared.' })
  version!: string;

  @Field(() => ImageAccessEnum, { description: 'Who can use it.' })
  access!: ImageAccess;

  @Field(() => UserType, { description: 'Who can use it while it is PRIVATE.' })
  owner!: UserType;

  @Field(() => DatacenterType, {
    nullable: true,
    description:
      'The datacenter it is bound to, whose image admins manage it. Null when it is bound to none, or to one that you cannot see.',
  })
  boundDatacenter!: DatacenterType | null;

  @Field(() => [DatacenterType], {
    description: 'The datacenters it is attached to, by name; only those that you can see.',
  })
  datacenters!: DatacenterType[];

  @Field(() => Boolean, {
    description: 'Whether it is bound to one datacenter, whose image admins then manage it; else only SuperAdmins do.',
  })
  dcBound!: boolean;

  @Field(() => Int, { description: 'The smallest disk it fits on, in MiB.' })
  size!: number;

  @Field(() => OsTypeEnum, { description: 'What kind of server it is for.' })
  osType!: OsType;

  @Field(() => ImageStatusEnum, { description: 'Whether it is ready, or a task is at work on it.' })
  status!: ImageStatus;

  @Field(() => Boolean, { description: 'Whether it can grow to fill a disk larger than `size`. Zones have no such limit.' })
  resize!: boolean;

  @Field(() => Boolean, { description: 'Whether a new server shuts down once it has been deployed from this image.' })
  deploy!: boolean;

  @Field(() => String, { description: 'Free text; empty when there is none.' })
  description!: string;

  @Field(() => [String], { description: 'Its tags, which servers with a disk made from it inherit.' })
  tags!: string[];

  @Field(() => HttpUrl, { nullable: true, description: 'A page about it; null when its manifest names none.' })
  homepage!: string | null;

  @Field(() => DateTime, { description: 'When it came into the catalogue.' })
  createdAt!: Date | number;

  @Field(() => DateTime, { description: 'When it last changed.' })
  updatedAt!: Date | number;
}

/** An image of which only the fields that a caller selected were read. */
export type SelectedImage = Pick<ImageType, 'id'> & Partial<Omit<ImageType, 'owner'>> & { owner?: Partial<UserType> };

/** Whether all fields of an image were read: `inspectable` is read with all others or not at all. */
export function isWhole(image: SelectedImage): image is ImageType {
  return image.inspectable !== undefined;
}

/** The file of an image, as it was measured on the image server. */
@ObjectType('ImageFile', {
  simpleResolvers: true,
  description: 'The file of an image on the image server.',
})
export class ImageFileType {
  uuid!: string;
  /** Its key in the image store, together with the uuid. */
  attempt!: string | null;

  @Field(() => ByteSize, { description: 'Size in bytes, as stored, that is compressed.' })
  size!: number;

  @Field(() => String, { description: 'SHA-1 of the file as stored, in lower-case hexadecimal.' })
  sha1!: string;

  @Field(() => String, { description: 'SHA-256 of the file as stored, in lower-case hexadecimal.' })
  sha256!: string;

  @Field(() => String, { description: 'How it is compressed, as its bytes show it, in the words of manifests: `gzip`, `bzip2`, `xz`, `zstd` or `none`.' })
  compression!: string;

  @Field(() => FileFormatEnum, { description: 'What it is once it is decompressed, as its bytes show it. UNKNOWN too for files that came before the gateway looked.' })
  format!: FileFormat;

  @Field(() => HttpUrl, { description: 'Where compute nodes fetch it.' })
  url!: string;
}

/** Whether the viewer may do one action on one image. */
@ObjectType('ImageActionVerdict', {
  simpleResolvers: true,
  description: 'Whether you may do something to an image now. The mutation itself would answer the same.',
})
export class ImageActionVerdictType {
  @Field(() => ImageActionEnum, { description: 'What would be done.' })
  action!: ImageAction;

  @Field(() => Boolean, { description: 'Whether you may.' })
  allowed!: boolean;

  @Field(() => ErrorCodeEnum, {
    nullable: true,
    description: 'The error code you would get, such as FORBIDDEN, IMAGE_NOT_READY, IMAGE_IN_USE or IMAGE_HAS_CHILDREN; null when you may.',
  })
  code!: ErrorCode | null;

  @Field(() => String, { nullable: true, description: 'A sentence of why not, for people; null when you may.' })
  reason!: string | null;

  @Field(() => MissingPermissionsType, { nullable: true, description: 'What is missing when the code is FORBIDDEN; else null.' })
  requires!: MissingPermissionsType | null;
}

/** One page of images. */
export const ImageConnection = connectionType('Image', () => ImageType, 'A page of the images that you can see.');
