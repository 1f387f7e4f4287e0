import { Arg, Resolver, Root, Subscription } from 'type-graphql';
import type { GatewayContext, SubscriptionEvent } from '../../access/request-container.js';
import { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import { followChanges } from '../../tasks/changes/follow-changes.js';
import { ImageChangeType } from './image-change.type.js';
import { ImageChangeVisibility } from './image-change.visibility.js';

interface Subscribed {
  args: { datacenter?: string | null; image?: string | null };
  context: GatewayContext;
}

async function subscribeToImages({ args, context }: Subscribed): Promise<AsyncIterable<SubscriptionEvent<ImageChangeType>>> {
  let wanted: number | null = null;
  return followChanges({
    context,
    type: 'image',
    admit: async (now) => {
      void now.viewer;
      wanted = args.datacenter ? (await now.get(DatacenterQueries).require(args.datacenter)).id : null;
    },
    isWanted: (change) => (!args.image || args.image === change.name) && (wanted === null || change.datacenterIds.includes(wanted)),
    show: async (change, now) => now.get(ImageChangeVisibility).show(change),
  });
}

/** The subscription to changes of images. */
@Resolver()
export class ImageChangedResolver {
  @Subscription(() => ImageChangeType, {
    subscribe: subscribeToImages,
    description:
      'Each time an image is created, changes or is deleted; changes that follow each other faster than they are told may be told as one. Only images that you can see, now and at each event; ends with NOT_FOUND when you can no longer see the datacenter asked for, and with UNAUTHENTICATED when your sign-in ends.',
  })
  imageChanged(
    @Root() event: SubscriptionEvent<ImageChangeType>,
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
