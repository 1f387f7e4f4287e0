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

const IMAGE = 'query CliImageAfterTask($uuid: UUID!) { image(uuid: $uuid) { uuid name version status } }';

/** What commands show of the image that they change. */
export interface ChangedImage {
  uuid: string;
  name: string;
  version: string;
  status: string;
}

/** The image as its task left it; as it was before if the caller cannot see it any more. */
export async function readAgain(client: GatewayClient, before: ChangedImage): Promise<{ image: ChangedImage }> {
  const { image } = await client.run<{ image: ChangedImage | null }>(IMAGE, { uuid: before.uuid });
  return { image: image ?? before };
}

/** Shows the warnings, and waits for the task when that is asked for. `changed` says what is done then, `begun` what is begun; `reread` reads again what the task has changed. */
export async function finishImageTask<Payload extends ImageTask>(
  session: Session,
  client: GatewayClient,
  payload: Payload,
  { waiting, changed, begun, reread }: { waiting: Waiting; changed: string; begun: string; reread?: () => Promise<Partial<Payload>> },
): Promise<void> {
  const { output } = session;
  for (const warning of payload.warnings) output.note(warning);
  if (waiting.dryRun) return output.done(`Nothing was changed. Without --dry-run: ${begun}`, payload);
  if (payload.task.status === 'SUCCEEDED') return output.done(changed, payload);
  if (!waiting.wait) return output.done(`${begun} Task ${payload.task.id} works on it.`, payload);
  const task = await followTask(session, client, payload.task.id, waiting.within);
  output.done(changed, { ...payload, ...(await reread?.()), task });
}
