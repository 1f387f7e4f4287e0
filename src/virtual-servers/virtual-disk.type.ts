import { Field, Int, ObjectType } from 'type-graphql';
import type { ImageType } from '../images/image.type.js';

/** What the API shows of a disk. `imageId` is null for a disk without image. */
@ObjectType('VirtualDisk', {
  simpleResolvers: true,
  description: 'A disk of a virtual server.',
})
export class VirtualDiskType {
  serverId!: number;
  imageId!: number | null;
  loadedImage?: ImageType | null;

  @Field(() => Int, { description: 'Position in the server, counted from 1. Only disk 1 can take an image.' })
  diskId!: number;

  @Field(() => Int, { description: 'Size in MiB.' })
  size!: number;
}
