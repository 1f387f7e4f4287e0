import { defineCommand } from '../command.js';
import { unlessRefused } from '../server/unless-refused.js';
import { ATTACHMENT_FIELDS, attachmentInput, type AttachmentPayload, printAttachment, withAttachment } from './attachment.js';

const ATTACH = `mutation CliAttachImage($input: AttachImageInput!) { attachImage(input: $input) ${ATTACHMENT_FIELDS} }`;

/** Makes an image usable in one more datacenter. */
export const attachImage = defineCommand({
  usage: 'attach <name> <datacenter>',
  summary: 'Make an image usable in one more datacenter; it is then bound to none.',
  options: withAttachment,
  async run({ gateway, output }, given) {
    const client = await gateway();
    const answer = await unlessRefused('ALREADY_EXISTS', async () => client.run<{ attachImage: AttachmentPayload }>(ATTACH, attachmentInput(given)));
    printAttachment(output, given, answer?.attachImage ?? null, { done: 'attached to', unchanged: `attached to ${given.datacenter} already` });
  },
});
