import { Arg, Resolver, type ResolverData, Root, Subscription } from 'type-graphql';
import type { GatewayContext, ScopedEvent } from '../access/scope.js';
import { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import { ChangeBus, type ImageChange } from '../tasks/change-bus.js';
import { ImageChangeType } from './image-change.type.js';
import { ImageChangeVisibility } from './image-change.visibility.js';

interface ImageChangedArgs {
  datacenter?: string | null;
  image?: string | null;
}

async function* visibleChanges(
  { scope }: GatewayContext,
  args: ImageChangedArgs,
  changes: AsyncIterable<ImageChange>,
): AsyncGenerator<ScopedEvent<ImageChangeType>> {
  const wanted = args.datacenter ? await scope.get(DatacenterQueries).require(args.datacenter) : null;
  for await (const change of changes) {
    if (args.image && args.image !== change.name) continue;
    if (wanted !== null && !change.datacenterIds.includes(wanted.id)) continue;
    const now = await scope.renew();
    if (now === null) return;
    const payload = await now.get(ImageChangeVisibility).show(change);
    if (payload !== null) yield { scope: now, payload };
  }
}

function subscribeToImages({ args, context }: ResolverData<GatewayContext>): AsyncIterable<ScopedEvent<ImageChangeType>> {
  void context.scope.viewer;
  return visibleChanges(context, args, context.scope.get(ChangeBus).listen('image'));
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
