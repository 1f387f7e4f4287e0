import { Field, ObjectType } from 'type-graphql';
import { HttpUrl, Json } from '../../platform/graphql/scalars.js';
import type { VirtualServerType } from '../virtual-server.type.js';

/** What the API shows of the image server, of which there is one at most. */
@ObjectType('ImageServer', {
  simpleResolvers: true,
  description: 'The server that keeps the files of images and serves them to compute nodes.',
})
export class ImageServerType {
  virtualServer!: VirtualServerType;

  @Field(() => HttpUrl, { description: 'Its IMGAPI address, the first source of every compute node.' })
  url!: string;

  @Field(() => [HttpUrl], {
    description: 'Where compute nodes look for images, in this order: `url`, then VMS_IMAGE_SOURCES.',
  })
  sources!: string[];

  @Field(() => Json, { description: 'What `imgadm.conf` of a compute node should hold, to copy as it is.' })
  imgadmConfig!: unknown;

  @Field(() => Boolean, {
    description:
      'Whether it can take work now: the server is RUNNING or STOPPED, and its store can be reached and written. While false, changes of images are refused with IMAGE_SERVER_UNAVAILABLE.',
  })
  available!: boolean;
}
