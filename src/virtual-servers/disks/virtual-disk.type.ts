import { Field, Int, ObjectType } from 'type-graphql';

/** What the API shows of a disk. `imageId` is null for a disk without an image. */
@ObjectType('VirtualDisk', {
  simpleResolvers: true,
  description: 'A disk of a virtual server.',
})
export class VirtualDiskType {
  serverId!: number;
  imageId!: number | null;

  @Field(() => Int, { description: 'Position in the server, counted from 1. Only disk 1 can take an image.' })
  diskId!: number;

  @Field(() => Int, { description: 'Size in MiB.' })
  size!: number;
}
