import { defineCommand } from '../command.js';
import { DRY_RUN } from '../options.js';
import { unlessRefused } from '../server/unless-refused.js';

const ATTACH = `mutation CliAttachImage($input: AttachImageInput!) {
  attachImage(input: $input) { image { name } datacenter { name } bindingRemoved warnings }
}`;

interface Payload {
  attachImage: { bindingRemoved: boolean; warnings: string[] };
}

/** Makes an image usable in one more datacenter. */
export const attachImage = defineCommand({
  usage: 'attach <name> <datacenter>',
  summary: 'Make an image usable in one more datacenter; it is then bound to none.',
  options: (parser) =>
    parser
      .positional('name', { type: 'string', demandOption: true, describe: 'Name of the image' })
      .positional('datacenter', { type: 'string', demandOption: true, describe: 'Name of the datacenter' })
      .option('dry-run', DRY_RUN),
  async run({ gateway, output }, { name, datacenter, dryRun }) {
    const client = await gateway();
    const answer = await unlessRefused('ALREADY_EXISTS', async () => client.run<Payload>(ATTACH, { input: { image: name, datacenter, dryRun } }));
    if (answer === null) return output.done(`Image ${name} is attached to ${datacenter} already.`, { image: { name }, datacenter: { name: datacenter } });
    for (const warning of answer.attachImage.warnings) output.note(warning);
    output.done(dryRun ? `Nothing was changed. Image ${name} can be attached to ${datacenter}.` : `Image ${name} is attached to ${datacenter}.`, answer.attachImage);
  },
});
