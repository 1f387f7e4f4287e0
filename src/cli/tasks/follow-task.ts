import { setTimeout as sleep } from 'node:timers/promises';
import { Refused, Unreachable } from '../command-error.js';
import type { Session } from '../command.js';
import { wholeNumber } from '../options.js';
import { Progress } from '../output/progress.js';
import type { GatewayClient } from '../server/gateway-client.js';

const TASK = `query CliTask($id: ID!) {
  task(id: $id) { id action status phase bytesDone bytesTotal imageName errorCode error createdAt finishedAt }
}`;

export interface TaskState {
  id: string;
  action: string;
  status: string;
  phase: string;
  bytesDone: number | null;
  bytesTotal: number | null;
  imageName: string | null;
  errorCode: string | null;
  error: string | null;
  createdAt: string;
  finishedAt: string | null;
}

/** How long a command that waits may wait. */
export const WITHIN = {
  type: 'number',
  default: 3600,
  coerce: wholeNumber('within', 1, 7 * 24 * 3600),
  describe: 'Seconds to wait at most',
} as const;

const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
/** A gateway that is being restarted goes on with its tasks. */
const LONGEST_ABSENCE_MS = 30_000;

export async function readTask(client: GatewayClient, id: string): Promise<TaskState> {
  const { task } = await client.run<{ task: TaskState | null }>(TASK, { id });
  if (task === null) throw new Refused(`NOT_FOUND: There is no task "${id.slice(0, 200)}" that you can see.`, 'NOT_FOUND');
  return task;
}

/** Waits until the task has succeeded, and shows how it goes on. Throws Refused when it fails, is cancelled, or takes longer. */
export async function followTask(session: Session, client: GatewayClient, id: string, withinSeconds: number): Promise<TaskState> {
  const progress = new Progress(session.process.terminal);
  const deadline = Date.now() + withinSeconds * 1000;
  try {
    // Once without patience: a wrong address is told at once.
    await readTask(client, id);
    for (let pause = SHORTEST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5)) {
      const task = await patiently(async () => readTask(client, id));
      progress.show(task);
      if (task.status === 'SUCCEEDED') return task;
      if (task.status === 'FAILED') throw new Refused(`${task.errorCode ?? 'FAILED'}: ${task.error ?? `Task ${id} failed.`}`, task.errorCode);
      if (task.status === 'CANCELLED') throw new Refused(`Task ${id} was cancelled.`);
      if (Date.now() + pause > deadline) throw new Refused(`Task ${id} has not ended within ${withinSeconds} s; it goes on. Wait further with "image-gateway tasks wait ${id}".`);
      await sleep(pause);
    }
  } finally {
    progress.end();
  }
}

/** Asks again for a while when the gateway does not answer. */
async function patiently<Answer>(read: () => Promise<Answer>): Promise<Answer> {
  const deadline = Date.now() + LONGEST_ABSENCE_MS;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof Unreachable) || Date.now() > deadline) throw error;
      await sleep(LONGEST_PAUSE_MS);
    }
  }
}
