import { setTimeout as delay } from 'node:timers/promises';
import { boundMessage } from '../../../platform/message-text.js';
import type { TaskRun } from '../../../tasks/runner/task-run.js';
import type { DownloadWait } from './download-request.js';

/** Waits for a source that is out, while other downloads run. The task shows it. */
export async function waitForSource(run: TaskRun, { reason, attempts, since, waitMs }: DownloadWait): Promise<void> {
  const waiting = { reason: boundMessage(reason, 200), attempts, since: new Date(since), nextAttemptAt: new Date(Date.now() + waitMs) };
  await run.pause(waiting, async () => delay(waitMs, undefined, { signal: run.signal }));
}
