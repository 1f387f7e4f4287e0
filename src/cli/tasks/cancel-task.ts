import { Refused } from '../command-error.js';
import { defineCommand } from '../command.js';
import { unlessRefused } from '../server/unless-refused.js';
import { readTask, type TaskState } from './follow-task.js';

const CANCEL = 'mutation CliCancelTask($id: ID!) { cancelTask(id: $id) { id action status phase imageName } }';

/** Calls a task off. */
export const cancelTask = defineCommand({
  usage: 'cancel <id>',
  summary: 'Cancel a task that has not ended. What it has begun is undone.',
  options: (parser) => parser.positional('id', { type: 'string', demandOption: true, describe: 'Id of the task' }),
  async run({ gateway, output }, { id }) {
    const client = await gateway();
    const answer = await unlessRefused('TASK_NOT_CANCELLABLE', async () => client.run<{ cancelTask: Partial<TaskState> }>(CANCEL, { id }));
    if (answer !== null) return output.done(`Task ${id} is being called off.`, answer.cancelTask);
    const task = await readTask(client, id);
    if (task.status !== 'CANCELLED') throw new Refused(`TASK_NOT_CANCELLABLE: Task ${id} is ${task.status}, and can no longer be called off.`);
    output.done(`Task ${id} was called off already.`, task);
  },
});
