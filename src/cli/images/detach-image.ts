import { Refused } from '../command-error.js';
import { defineCommand } from '../command.js';
import type { GatewayClient } from '../server/gateway-client.js';
import { type Attachment, ATTACHMENT_FIELDS, attachmentInput, type AttachmentPayload, printAttachment, withAttachment } from './attachment.js';

const DETACH = `mutation CliDetachImage($input: AttachImageInput!) { detachImage(input: $input) ${ATTACHMENT_FIELDS} }`;
const BOTH = 'query CliAttachment($image: String!, $datacenter: String!) { image(name: $image) { datacenters { name } } datacenter(name: $datacenter) { name } }';

interface Found {
  image: { datacenters: { name: string }[] } | null;
  datacenter: { name: string } | null;
}

/** Makes an image unusable in a datacenter. */
export const detachImage = defineCommand({
  usage: 'detach <name> <datacenter>',
  summary: 'Make an image unusable in a datacenter; it is then bound to none.',
  options: withAttachment,
  async run({ gateway, output }, given) {
    const client = await gateway();
    const answer = await client.run<{ detachImage: AttachmentPayload }>(DETACH, attachmentInput(given)).catch(async (error: unknown) => {
      const isDone = error instanceof Refused && error.code === 'NOT_FOUND' && (await isDetached(client, given));
      if (!isDone) throw error;
      return null;
    });
    printAttachment(output, given, answer?.detachImage ?? null, { done: 'detached from', unchanged: `not attached to ${given.datacenter}` });
  },
});

/** Both are there, and one is not attached to the other. */
async function isDetached(client: GatewayClient, { name, datacenter }: Attachment): Promise<boolean> {
  const found = await client.run<Found>(BOTH, { image: name, datacenter });
  return found.image !== null && found.datacenter !== null && !found.image.datacenters.some((one) => one.name === datacenter);
}
