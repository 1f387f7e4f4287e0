import { Refused } from '../command-error.js';
import { defineCommand } from '../command.js';
import { DRY_RUN } from '../options.js';
import type { GatewayClient } from '../server/gateway-client.js';

const DETACH = `mutation CliDetachImage($input: AttachImageInput!) {
  detachImage(input: $input) { image { name } datacenter { name } bindingRemoved warnings }
}`;
const BOTH = 'query CliAttachment($image: String!, $datacenter: String!) { image(name: $image) { datacenters { name } } datacenter(name: $datacenter) { name } }';

interface Payload {
  detachImage: { bindingRemoved: boolean; warnings: string[] };
}

interface Attachment {
  image: { datacenters: { name: string }[] } | null;
  datacenter: { name: string } | null;
}

/** Makes an image unusable in a datacenter. */
export const detachImage = defineCommand({
  usage: 'detach <name> <datacenter>',
  summary: 'Make an image unusable in a datacenter; it is then bound to none.',
  options: (parser) =>
    parser
      .positional('name', { type: 'string', demandOption: true, describe: 'Name of the image' })
      .positional('datacenter', { type: 'string', demandOption: true, describe: 'Name of the datacenter' })
      .option('dry-run', DRY_RUN),
  async run({ gateway, output }, { name, datacenter, dryRun }) {
    const client = await gateway();
    const variables = { input: { image: name, datacenter, dryRun } };
    const answer = await client.run<Payload>(DETACH, variables).catch(async (error: unknown) => {
      const isDone = error instanceof Refused && error.code === 'NOT_FOUND' && (await isDetached(client, name, datacenter));
      if (!isDone) throw error;
      return null;
    });
    if (answer === null) return output.done(`Image ${name} is not attached to ${datacenter}.`, { image: { name }, datacenter: { name: datacenter } });
    for (const warning of answer.detachImage.warnings) output.note(warning);
    output.done(dryRun ? `Nothing was changed. Image ${name} can be detached from ${datacenter}.` : `Image ${name} is detached from ${datacenter}.`, answer.detachImage);
  },
});

/** Both are there, and one is not attached to the other. */
async function isDetached(client: GatewayClient, name: string, datacenter: string): Promise<boolean> {
  const found = await client.run<Attachment>(BOTH, { image: name, datacenter });
  return found.image !== null && found.datacenter !== null && !found.image.datacenters.some((one) => one.name === datacenter);
}
