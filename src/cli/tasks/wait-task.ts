import { defineCommand } from '../command.js';
import { followTask, WITHIN } from './follow-task.js';

/** Waits for a task. */
export const waitTask = defineCommand({
  usage: 'wait <id>',
  summary: 'Wait until a task has succeeded; exit code 1 when it fails or is cancelled.',
  examples: [['tasks wait 0198… --within 600', 'Ten minutes at most']],
  options: (parser) => parser.positional('id', { type: 'string', demandOption: true, describe: 'Id of the task' }).option('within', WITHIN),
  async run(session, { id, within }) {
    const task = await followTask(session, await session.gateway(), id, within);
    session.output.done(`Task ${task.id} has succeeded.`, task);
  },
});
