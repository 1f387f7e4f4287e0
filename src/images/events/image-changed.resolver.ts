import { Arg, Resolver, Root, Subscription } from 'type-graphql';
import type { GatewayContext, SubscriptionEvent } from '../../access/request-container.js';
import { ChangeBus } from '../../tasks/changes/change-bus.js';
import { followChanges } from '../../tasks/changes/follow-changes.js';
import { ImageChangeType } from './image-change.type.js';
import { type ImageChangedArgs, ImageChangePresenter } from './image-change.presenter.js';

interface Subscribed {
  args: ImageChangedArgs;
  context: GatewayContext;
}

async function subscribeToImages({ args, context }: Subscribed): Promise<AsyncIterable<SubscriptionEvent<ImageChangeType>>> {
  return followChanges(context, new ImageChangePresenter(args, context.container.get(ChangeBus)));
}

/** The subscription to changes of images. */
@Resolver()
export class ImageChangedResolver {
  @Subscription(() => ImageChangeType, {
    subscribe: subscribeToImages,
    description:
      'Each time an image is created, changes, is deleted, or comes into your sight or leaves it, also because your rights change. Only images that you can see at that moment are shown; of one that you saw before, HIDDEN tells its name and UUID. A list is kept right by events alone: put the image of CREATED and UPDATED in its place if it meets the filter of the list, and take it out otherwise and for DELETED and HIDDEN. Changes that follow each other faster than they are told are told as one, with the present state, and a lost connection inside the gateway is made up for. Ends with NOT_FOUND when you can no longer see the datacenter asked for, with UNAUTHENTICATED when your sign-in ends, with RATE_LIMITED when your budget does, and with SLOW_READER when events are lost for good: then read the list again.',
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
