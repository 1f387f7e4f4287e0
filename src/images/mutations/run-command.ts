import type { Viewer } from '../../access/viewer.js';
import { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import type { ObjectSelection } from '../../platform/graphql/selection.js';
import type { TaskRunner } from '../../tasks/runner/task-runner.js';
import type { TaskAction } from '../../tasks/task.states.js';
import { TaskQueries } from '../../tasks/task.queries.js';
import type { TaskType } from '../../tasks/task.type.js';
import { type Announce, dryRunTransaction, transact } from '../../tasks/changes/transact.js';
import { ImageQueries } from '../image.queries.js';
import { WHOLE } from '../image.statement.js';
import type { ImageType } from '../image.type.js';

export interface CommandServices {
  em: SqlEntityManager;
  viewer: Viewer;
  changes: ChangeBus;
  runner: TaskRunner;
  images: ImageQueries;
  tasks: TaskQueries;
}

/** What an answer is read with: after the commit, or within the transaction that a dry run takes back. */
export type PayloadReads = Pick<CommandServices, 'images' | 'tasks'>;

/** What a change left: its task, and the kind of work to go on with after the commit. */
export interface CommandOutcome {
  taskId: string;
  work: TaskAction | null;
}

/** What of a payload has to be read; null where nothing of it was asked for. */
export interface PayloadSelection {
  image: ObjectSelection | null;
  task: boolean;
  warnings: boolean;
}

/** What a caller asked of a payload. Of a dry run all is read, as nothing of it can be found later. */
export function payloadSelection({ fields, nested }: ObjectSelection, dryRun: boolean): PayloadSelection {
  if (dryRun) return { image: WHOLE, task: true, warnings: true };
  return { image: fields.has('image') ? (nested?.get('image') ?? WHOLE) : null, task: fields.has('task'), warnings: fields.has('warnings') };
}

/** Reads what was asked for. The rest is not there although its type says so: nobody looks at it. */
export async function readPayload({ image, task }: PayloadSelection, { images, tasks }: PayloadReads, known: Known, taskId: string): Promise<{ image: ImageType; task: TaskType }> {
  const isKnown = image === null || [...image.fields].every((field) => UNCHANGING.has(field));
  return {
    image: isKnown ? ({ id: known.id, uuid: known.uuid, name: known.name } as ImageType) : await images.require(known.name, image),
    task: task ? await tasks.require(taskId) : (undefined as unknown as TaskType),
  };
}

/** What never changes of an image is known to whoever changed it. */
type Known = Pick<ImageType, 'id' | 'uuid' | 'name'>;
const UNCHANGING = new Set(['__typename', 'uuid', 'name']);

/** Works and reads, in one transaction of which a dry run leaves nothing: so neither may ask anything but its arguments. */
export interface Command<O extends CommandOutcome, P> {
  work: (tx: SqlEntityManager, announce: Announce) => Promise<O>;
  read: (reading: PayloadReads, outcome: O) => Promise<P>;
}

/**
 * Makes a change and answers it; its work is queued once it is committed and read, so the answer shows the image PENDING.
 * With `dryRun` everything is done and read within a transaction that is rolled back.
 */
export async function runCommand<O extends CommandOutcome, P extends { image?: ImageType; warnings: string[] }>(
  parts: CommandServices,
  dryRun: boolean,
  change: Command<O, P>,
): Promise<P> {
  const { em, viewer, changes, runner, images, tasks } = parts;
  images.forget();
  if (dryRun) {
    return dryRunTransaction(em, async (tx) => {
      const inside = new ImageQueries(tx, viewer, new DatacenterQueries(tx, viewer));
      const outcome = await change.work(tx, () => undefined);
      await tx.flush();
      const payload = await change.read({ images: inside, tasks: new TaskQueries(tx, viewer) }, outcome);
      if (payload.image) await images.adopt(payload.image, inside);
      return payload;
    });
  }
  const outcome = await transact(em, changes, change.work);
  try {
    return await change.read({ images, tasks }, outcome);
  } finally {
    if (outcome.work !== null) runner.enqueue(outcome.taskId, outcome.work);
  }
}
