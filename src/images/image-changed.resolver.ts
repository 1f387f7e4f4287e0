import { Arg, Resolver, Root, Subscription } from 'type-graphql';
import type { GatewayContext, ScopedEvent } from '../access/scope.js';
import { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import { END_OF_STREAM, filterMap } from '../platform/filter-map.js';
import { ChangeBus } from '../tasks/change-bus.js';
import { ImageChangeType } from './image-change.type.js';
import { ImageChangeVisibility } from './image-change.visibility.js';

interface Subscribed {
  args: { datacenter?: string | null; image?: string | null };
  context: GatewayContext;
}

async function subscribeToImages({ args, context: { scope } }: Subscribed): Promise<AsyncIterable<ScopedEvent<ImageChangeType>>> {
  const wanted = args.datacenter ? await scope.get(DatacenterQueries).require(args.datacenter) : null;
  void scope.viewer;
  return filterMap(scope.get(ChangeBus).listen('image'), async (change) => {
    if (args.image && args.image !== change.name) return null;
    if (wanted !== null && !change.datacenterIds.includes(wanted.id)) return null;
    const now = await scope.renew();
    if (now === null) return END_OF_STREAM;
    const payload = await now.get(ImageChangeVisibility).show(change);
    return payload === null ? null : { scope: now, payload };
  });
}

/** Tells those who can see an image what happens to it. */
@Resolver()
export class ImageChangedResolver {
  @Subscription(() => ImageChangeType, {
    subscribe: subscribeToImages,
    description:
      'Each time an image is created, changes or is deleted. Only images that you can see, now and at each event.',
  })
  imageChanged(
    @Root() event: ScopedEvent<ImageChangeType>,
    @Arg('datacenter', () => String, {
      nullable: true,
      description: 'Only images attached to the datacenter of this name; all when left out or null.',
    })
    _datacenter?: string | null,
    @Arg('image', () => String, {
      nullable: true,
      description: 'Only the image of this name; all when left out or null.',
    })
    _image?: string | null,
  ): ImageChangeType {
    return event.payload;
  }
}
