import type { Session } from '../command.js';
import type { GatewayClient } from '../server/gateway-client.js';
import { followTask } from '../tasks/follow-task.js';

/** What a mutation of an image answers: the task that works on it, and what should be known. */
export interface ImageTask {
  task: { id: string; status: string };
  warnings: string[];
}

export interface Waiting {
  wait: boolean;
  within: number;
  dryRun: boolean;
}

/** Options of a command that starts a task. */
export const WAIT = { type: 'boolean', default: false, describe: 'Wait until it is done' } as const;

/** Shows the warnings, and waits for the task when that is asked for. `changed` says what is done then, and `begun` what is begun. */
export async function finishImageTask<Payload extends ImageTask>(
  session: Session,
  client: GatewayClient,
  payload: Payload,
  { waiting, changed, begun }: { waiting: Waiting; changed: string; begun: string },
): Promise<void> {
  const { output } = session;
  for (const warning of payload.warnings) output.note(warning);
  if (waiting.dryRun) return output.done(`Nothing was changed. Without --dry-run: ${begun}`, payload);
  if (payload.task.status === 'SUCCEEDED') return output.done(changed, payload);
  if (!waiting.wait) return output.done(`${begun} Task ${payload.task.id} works on it.`, payload);
  const task = await followTask(session, client, payload.task.id, waiting.within);
  output.done(changed, { ...payload, task });
}
