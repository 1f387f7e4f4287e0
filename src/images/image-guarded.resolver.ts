import type { GraphQLResolveInfo } from 'graphql';
import { Args, FieldResolver, Info, Resolver, Root } from 'type-graphql';
import { type Connection, PageArgs } from '../platform/database/list/page.js';
import { HttpUrl, Json } from '../platform/graphql/scalars.js';
import { connectionSelection } from '../platform/graphql/selection.js';
import { redactUrl } from '../platform/fetch/redact-url.js';
import { TaskQueries } from '../tasks/task.queries.js';
import { TaskConnection, type TaskType } from '../tasks/task.type.js';
import { ImageQueries } from './image.queries.js';
import { ImageFileType, ImageType } from './image.type.js';

/** The guarded fields: only admins of a datacenter of the image may see them. */
@Resolver(() => ImageType)
export class ImageGuardedResolver {
  constructor(
    private readonly images: ImageQueries,
    private readonly log: TaskQueries,
    private readonly imageServerUrl: string,
  ) {}

  @FieldResolver(() => Json, {
    nullable: true,
    description:
      'Its IMGAPI manifest, version 2, as the image server shows it. Needs ADMIN in a datacenter of the image, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async manifest(@Root() image: ImageType): Promise<unknown> {
    await this.images.demandInspect(image);
    return this.images.manifest(image);
  }

  @FieldResolver(() => ImageFileType, {
    nullable: true,
    description:
      'Its file on the image server; null when there is none: it is in the database only, or not there yet. Needs ADMIN in a datacenter of the image, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async file(@Root() image: ImageType): Promise<ImageFileType | null> {
    await this.images.demandInspect(image);
    if (!image.guardedFile) return null;
    const { uuid, guardedFile } = image;
    return { ...guardedFile, uuid, url: `${this.imageServerUrl}/images/${uuid}/file` };
  }

  @FieldResolver(() => HttpUrl, {
    nullable: true,
    description:
      'The address that its manifest was imported from, without its query; null when it came another way. Needs ADMIN in a datacenter of the image, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async manifestUrl(@Root() image: ImageType): Promise<string | null> {
    await this.images.demandInspect(image);
    return image.guardedManifestUrl ? redactUrl(image.guardedManifestUrl) : null;
  }

  @FieldResolver(() => TaskConnection, {
    nullable: true,
    description:
      'What was done to it, newest first; only tasks that you can see. Needs ADMIN in a datacenter of the image, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async tasks(
    @Root() image: ImageType,
    @Args(() => PageArgs) page: PageArgs,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Connection<TaskType> | null> {
    await this.images.demandInspect(image);
    return this.log.page({ imageId: image.id }, page, connectionSelection(info));
  }
}
