import { defineCommand } from '../command.js';
import { DRY_RUN, IF_EXISTS } from '../options.js';
import { unlessRefused } from '../server/unless-refused.js';
import { WITHIN } from '../tasks/follow-task.js';
import { finishImageTask, type ImageTask, WAIT } from './image-task.js';

const DELETE = 'mutation CliDeleteImage($input: DeleteImageInput!) { deleteImage(input: $input) { name uuid task { id status } warnings } }';

/** Removes an image with its file. */
export const deleteImage = defineCommand({
  usage: 'delete <name>',
  summary: 'Delete an image that no server uses, with its file.',
  notes: 'To hide one that is in use: images update NAME --access DELETED',
  options: (parser) =>
    parser
      .positional('name', { type: 'string', demandOption: true, describe: 'Name of the image' })
      .option('if-exists', IF_EXISTS)
      .option('dry-run', DRY_RUN)
      .option('wait', WAIT)
      .option('within', WITHIN),
  async run(session, { name, ifExists, dryRun, wait, within }) {
    const client = await session.gateway();
    const remove = async () => client.run<{ deleteImage: ImageTask }>(DELETE, { input: { name, dryRun } });
    const answer = ifExists ? await unlessRefused('NOT_FOUND', remove) : await remove();
    if (answer === null) return session.output.done(`Image ${name} is not there.`, { name });
    await finishImageTask(session, client, answer.deleteImage, { waiting: { wait, within, dryRun }, changed: `Image ${name} is deleted.`, begun: `Image ${name} is being deleted.` });
  },
});
