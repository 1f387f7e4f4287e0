import { FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { ImageServerQueries } from './image-server.queries.js';
import { ImageServerType } from './image-server.type.js';
import { VirtualServerType } from '../virtual-server.type.js';

/** The image server that the global settings name. */
@Resolver(() => ImageServerType)
export class ImageServerResolver {
  constructor(private readonly queries: ImageServerQueries) {}

  @Query(() => ImageServerType, {
    nullable: true,
    description:
      'The image server; null when none is configured, so that image operations happen in the database alone. Needs ADMIN in at least one datacenter, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async imageServer(): Promise<ImageServerType | null> {
    return this.queries.get();
  }

  @FieldResolver(() => VirtualServerType, { description: 'The registered server that VMS_IMAGE_VM names.' })
  server(@Root() imageServer: ImageServerType): VirtualServerType {
    return imageServer.virtualServer;
  }
}
