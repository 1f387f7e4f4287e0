import { defineCommand } from '../command.js';
import { LIMIT } from '../options.js';
import { listPages, type Page } from '../server/list-pages.js';
import type { TaskState } from './follow-task.js';

const TASKS = `query CliTasks($first: Int, $after: String, $datacenter: String, $image: String, $status: [TaskStatus!], $action: [TaskAction!]) {
  tasks(first: $first, after: $after, datacenter: $datacenter, image: $image, status: $status, action: $action) {
    nodes { id action status phase bytesDone bytesTotal imageName errorCode error createdAt finishedAt user { username } }
    pageInfo { hasNextPage endCursor }
  }
}`;

type TaskRow = TaskState & { user: { username: string } };

/** Tasks, newest first. */
export const listTasks = defineCommand({
  usage: ['ls', 'list'],
  summary: 'List tasks, newest first.',
  examples: [['tasks ls --status FAILED', 'What went wrong']],
  options: (parser) =>
    parser
      .option('dc', { type: 'string', alias: 'datacenter', describe: 'Only those that concern this datacenter' })
      .option('image', { type: 'string', describe: 'Only those that concern the image of this name' })
      .option('status', { type: 'string', array: true, describe: 'In this state, such as RUNNING or FAILED; may be repeated' })
      .option('action', { type: 'string', array: true, describe: 'Of this action, such as IMAGE_IMPORT; may be repeated' })
      .option('limit', LIMIT),
  async run({ gateway, output }, { dc, image, status, action, limit }) {
    const client = await gateway();
    const conditions = { datacenter: dc, image, status, action };
    const listed = await listPages(limit, async (page) => (await client.run<{ tasks: Page<TaskRow> }>(TASKS, { ...page, ...conditions })).tasks);
    output.list(listed, [
      { title: 'ID', isWhole: true, of: ({ id }) => id },
      { title: 'CREATED', of: ({ createdAt }) => createdAt },
      { title: 'ACTION', of: (task) => task.action },
      { title: 'STATUS', of: (task) => task.status },
      { title: 'PHASE', of: ({ phase }) => phase },
      { title: 'IMAGE', of: ({ imageName }) => imageName },
      { title: 'USER', of: ({ user }) => user.username },
      { title: 'ERROR', of: ({ errorCode }) => errorCode },
    ]);
  },
});
