import { Field, InputType, Int } from 'type-graphql';
import { HttpUrl } from '../../platform/graphql/scalars.js';
import { type SnapshotStatus, SnapshotStatusEnum } from './snapshot.enums.js';

/** What the compute side reports about a snapshot that it has taken. */
@InputType({ description: 'A snapshot to register.' })
export class RegisterSnapshotInput {
  @Field(() => String, { description: 'Its server, by hostname or UUID.' })
  server!: string;

  @Field(() => String, { description: 'Name, unique for the disk, at most 64 characters.' })
  name!: string;

  @Field(() => Int, { defaultValue: 1, description: 'Which disk of the server, counted from 1.' })
  diskId!: number;

  @Field(() => Int, { description: 'Size in MiB.' })
  size!: number;

  @Field(() => SnapshotStatusEnum, { nullable: true, defaultValue: 'OK', description: 'Its state.' })
  status?: SnapshotStatus | null;

  @Field(() => HttpUrl, {
    nullable: true,
    description: 'Where its bytes can be read, by GET and uncompressed: a public address, or one that FETCH_ALLOW names. Never shown again. Without it, no image can be created from it on an image server.',
  })
  dataUrl?: string | null;
}

/** What identifies a snapshot. */
@InputType({ description: 'Names one snapshot.' })
export class SnapshotKeyInput {
  @Field(() => String, { description: 'Its server, by hostname or UUID.' })
  server!: string;

  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => Int, { defaultValue: 1, description: 'Which disk of the server, counted from 1.' })
  diskId!: number;
}
