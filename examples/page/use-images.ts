// A React hook: the public images that can be used in a datacenter, read once and kept right by events.
import { useQuery, useSubscription } from '@apollo/client/react';
import type { Client } from 'graphql-ws';
import { useEffect, useRef } from 'react';
import { FollowImagesDocument, UsableImagesDocument } from '../../sdk/src/documents.ts';
import type { FollowImagesSubscription, ImageLineFragment, UsableImagesQuery } from '../../sdk/src/index.ts';

type List = NonNullable<UsableImagesQuery['usableImages']>;
type Event = FollowImagesSubscription['imageChanged'];

/** Whether the list below would have it. */
function isListed({ status, access }: ImageLineFragment): boolean {
  return status === 'OK' && access === 'PUBLIC';
}

/** The list after an event: with the image as it is now at its place by name, or without it when it is gone or does not belong there any more. */
function afterEvent(list: List, { imageId, image }: Event): List {
  const others = list.nodes.filter(({ id }) => id !== imageId);
  if (image === null || !isListed(image)) return { ...list, nodes: others };
  return { ...list, nodes: [...others, image].sort((one, other) => (one.name < other.name ? -1 : 1)) };
}

/** The images by name, as they are at this moment; null until they have come. `error` says why they cannot. */
export function useImages(socket: Client, datacenter: string): { images: readonly ImageLineFragment[] | null; error: string | null } {
  const variables = { datacenter, filter: { access: ['PUBLIC' as const] } };
  // Each reading is a request of its own: a second one, joined to the first, could have been read before the socket was connected.
  const { data, error, refetch, client } = useQuery(UsableImagesDocument, { variables, context: { queryDeduplication: false } });
  // No event tells what happened before the socket was connected: read the list then, and let events wait for it.
  const list = useRef<Promise<unknown>>(Promise.resolve());
  useEffect(() => socket.on('connected', () => void (list.current = refetch().catch(() => undefined))), [socket, refetch]);
  const { error: end } = useSubscription(FollowImagesDocument, {
    variables: { datacenter },
    onData: ({ data: { data: told } }) => {
      if (told === undefined) return;
      void list.current.then(() =>
        client.cache.updateQuery({ query: UsableImagesDocument, variables }, (known) => known?.usableImages && { usableImages: afterEvent(known.usableImages, told.imageChanged) }),
      );
    },
  });
  return { images: data?.usableImages?.nodes ?? null, error: (error ?? end)?.message ?? null };
}
