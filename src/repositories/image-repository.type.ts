import { Directive, Field, Int, ObjectType } from 'type-graphql';
import { rowIds } from '../platform/graphql/global-id.js';
import { NodeType } from '../platform/graphql/node.type.js';
import { DateTime } from '../platform/graphql/scalars.js';
import { TaskType } from '../tasks/task.type.js';
import { type RepositoryStatus, RepositoryStatusEnum } from './image-repository.enums.js';

/** The ids that the graph shows of repositories. */
export const REPOSITORY_IDS = rowIds('ImageRepository');

/** What the API shows of a repository. */
@ObjectType('ImageRepository', {
  simpleResolvers: true,
  implements: NodeType,
  description:
    'An IMGAPI server to import images from. SuperAdmins and those who may import in some datacenter can see it.',
})
@Directive('@key(fields: "id")')
@Directive('@key(fields: "name")')
export class ImageRepositoryType {
  id!: number;

  @Field(() => String, { description: 'Unique name to refer to the repository by.' })
  name!: string;

  /** As configured; a field resolver shows it without its query. */
  url!: string;

  @Field(() => Boolean, {
    description:
      'Whether this is the image server itself, under its own host name: importing from it takes in what was placed there by hand, without a download.',
  })
  isLocal!: boolean;

  @Field(() => RepositoryStatusEnum, { description: 'How its list stands.' })
  status!: RepositoryStatus;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When its list was last loaded with success; null: never.',
  })
  lastUpdate!: Date | number | null;

  @Field(() => Int, { description: 'How many images its list held at the last successful load.' })
  imageCount!: number;

  @Field(() => String, {
    nullable: true,
    description: 'Why the last load failed; null when it succeeded or there was none.',
  })
  error!: string | null;
}

/** What a refresh changed. */
@ObjectType('RefreshRepositoryPayload', {
  simpleResolvers: true,
  description: 'What a load of a repository changed. A load that changed nothing has four zeros.',
})
export class RefreshRepositoryPayloadType {
  @Field(() => ImageRepositoryType, { description: 'The repository after the load.' })
  repository!: ImageRepositoryType;

  @Field(() => Int, { description: 'Images that are new in the list.' })
  added!: number;

  @Field(() => Int, { description: 'Images whose manifest differs from before.' })
  changed!: number;

  @Field(() => Int, { description: 'Images that are no longer in the list.' })
  removed!: number;

  @Field(() => Int, {
    description: 'Malformed entries that were left out; the reason of each is in the detail of the task.',
  })
  skipped!: number;

  @Field(() => TaskType, { description: 'The log entry of the load.' })
  task!: TaskType;
}
