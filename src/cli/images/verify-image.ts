import { defineCommand } from '../command.js';
import { WITHIN } from '../tasks/follow-task.js';
import { finishImageTask, type ImageTask, WAIT } from './image-task.js';

const VERIFY = 'mutation CliVerifyImage($name: String!) { verifyImage(name: $name) { image { uuid name } task { id status } warnings } }';

/** Has the stored file of an image hashed again. */
export const verifyImage = defineCommand({
  usage: 'verify <name>',
  summary: 'Hash the stored file of an image again, and compare it with what was recorded.',
  notes: 'With --wait, exit code 1 when the file differs (CHECKSUM_MISMATCH) or is gone (NO_FILE).',
  options: (parser) => parser.positional('name', { type: 'string', demandOption: true, describe: 'Name of the image' }).option('wait', WAIT).option('within', WITHIN),
  async run(session, { name, wait, within }) {
    const client = await session.gateway();
    const { verifyImage: payload } = await client.run<{ verifyImage: ImageTask }>(VERIFY, { name });
    const waiting = { wait, within, dryRun: false };
    await finishImageTask(session, client, payload, { waiting, changed: `The file of image ${name} is as it was recorded.`, begun: `The file of image ${name} is being verified.` });
  },
});
