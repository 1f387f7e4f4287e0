import type { Sdk, TaskLineFragment } from './generated.ts';

/** Between two looks at a task whose events do not come. */
const LOOK_MS = 1000;

/** The task as it is now and whenever it has gone on, until it has ended. An event that was missed costs a second at most. */
export async function* progress(sdk: Pick<Sdk, 'followTask' | 'task'>, id: string): AsyncGenerator<TaskLineFragment> {
  const events = sdk.followTask({ id })[Symbol.asyncIterator]();
  let event = events.next();
  try {
    for (;;) {
      const { task } = await sdk.task({ id });
      if (task === null) return;
      yield task;
      if (task.status !== 'PENDING' && task.status !== 'RUNNING') return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const look = new Promise<null>((resolve) => (timer = setTimeout(resolve, LOOK_MS, null)));
      const happened = await Promise.race([event, look]).finally(() => clearTimeout(timer));
      if (happened !== null) event = happened.done === true ? new Promise(() => undefined) : events.next();
    }
  } finally {
    event.catch(() => undefined);
    await events.return?.();
  }
}
