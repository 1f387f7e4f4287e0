import { WrongCall } from '../command-error.js';
import { defineCommand } from '../command.js';
import { DRY_RUN } from '../options.js';
import { WITHIN } from '../tasks/follow-task.js';
import { imageFieldsOf, withImageFields } from './image-fields.js';
import { type ChangedImage, finishImageTask, type ImageTask, readAgain, WAIT } from './image-task.js';

const UPDATE = `mutation CliUpdateImage($input: UpdateImageInput!) {
  updateImage(input: $input) { image { uuid name version status } task { id status } warnings }
}`;

/** Changes fields of an image. */
export const updateImage = defineCommand({
  usage: 'update <name>',
  summary: 'Change fields of an image. What is not given stays as it is.',
  examples: [
    ['images update debian-12 --access PUBLIC', 'Let every user of its datacenters use it'],
    ['images update debian-12 --access DELETED', 'Hide it, but keep it for the servers that have it'],
  ],
  options: (parser) =>
    withImageFields(parser)
      .positional('name', { type: 'string', demandOption: true, describe: 'Name of the image' })
      .option('dc-bound', { type: 'boolean', describe: 'Whether it is bound to its datacenter' })
      .option('dry-run', DRY_RUN)
      .option('wait', WAIT)
      .option('within', WITHIN),
  async run(session, { name, dcBound, dryRun, wait, within, ...given }) {
    const changes = { ...imageFieldsOf(given), dcBound };
    if (Object.values(changes).every((value) => value === undefined)) throw new WrongCall('Nothing is to be changed. Give at least one field, such as --access PUBLIC; see "image-gateway images update --help".');
    const client = await session.gateway();
    const payload = (await client.run<{ updateImage: ImageTask & { image: ChangedImage } }>(UPDATE, { input: { name, ...changes, dryRun } })).updateImage;
    await finishImageTask(session, client, payload, {
      waiting: { wait, within, dryRun },
      changed: `Image ${name} is changed.`,
      begun: `Image ${name} is being changed.`,
      reread: async () => readAgain(client, payload.image),
    });
  },
});
