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
import { type ImageType, isWhole, type SelectedImage } from '../image.type.js';

export interface CommandServices {
  em: SqlEntityManager;
  viewer: Viewer;
  changes: ChangeBus;
  runner: TaskRunner;
  images: ImageQueries;
  tasks: TaskQueries;
}

/** What reads the payload: after the commit, or within the transaction that a dry run rolls back. */
export type PayloadReads = Pick<CommandServices, 'images' | 'tasks'>;

/** The task of a change, and the work that it goes on with after the commit; null when it is done. */
export interface CommandOutcome {
  taskId: string;
  work: TaskAction | null;
  /** Further tasks with the same work, which are queued first. */
  earlierTaskIds?: readonly string[];
}

/** Which parts of a payload have to be read; null for an image that nobody selected. */
export interface PayloadSelection {
  image: ObjectSelection | null;
  task: boolean;
  warnings: boolean;
}

/** A payload of which only the selected parts were read. */
export type SelectedPayload<P> = Omit<P, 'image' | 'task'> & { image?: SelectedImage; task?: TaskType };

/** What a caller selected of a payload. Of a dry run everything is read, because the roll-back leaves nothing to read later. */
export function payloadSelection({ fields, nested }: ObjectSelection, dryRun: boolean): PayloadSelection {
  if (dryRun) return { image: WHOLE, task: true, warnings: true };
  return { image: fields.has('image') ? (nested?.get('image') ?? WHOLE) : null, task: fields.has('task'), warnings: fields.has('warnings') };
}

/** What never changes of an image, so that it need not be read after a change. */
type ImageIdentity = Pick<ImageType, 'id' | 'uuid' | 'name'>;
const IDENTITY_FIELDS = new Set(['__typename', 'id', 'uuid', 'name']);

/** Reads the selected image and task of a payload. */
export async function readPayload({ image, task }: PayloadSelection, { images, tasks }: PayloadReads, changed: ImageIdentity, taskId: string): Promise<{ image?: SelectedImage; task?: TaskType }> {
  const { id, uuid, name } = changed;
  const isIdentity = image === null || [...image.fields].every((field) => IDENTITY_FIELDS.has(field));
  return {
    image: isIdentity ? { id, uuid, name } : await images.requireSelected(name, image),
    ...(task && { task: await tasks.require(taskId) }),
  };
}

/** A change and the read of its payload. A dry run does both in one transaction, so neither may use anything but its arguments. */
export interface Command<O extends CommandOutcome, P> {
  work: (tx: SqlEntityManager, announce: Announce) => Promise<O>;
  read: (reads: PayloadReads, outcome: O) => Promise<P>;
}

/**
 * Commits a change, reads its payload and only then queues its work, so that the payload shows the image PENDING.
 * With `dryRun` the change and the read happen in a transaction that is rolled back.
 */
export async function runCommand<O extends CommandOutcome, P extends { image?: SelectedImage; warnings: string[] }>(
  services: CommandServices,
  dryRun: boolean,
  change: Command<O, P>,
): Promise<P> {
  const { em, viewer, changes, runner, images, tasks } = services;
  images.forget();
  if (dryRun) {
    return dryRunTransaction(em, async (tx) => {
      const inside = new ImageQueries(tx, viewer, new DatacenterQueries(tx, viewer));
      const outcome = await change.work(tx, () => undefined);
      await tx.flush();
      const payload = await change.read({ images: inside, tasks: new TaskQueries(tx, viewer) }, outcome);
      if (payload.image) payload.image.isDryRun = true;
      if (payload.image && isWhole(payload.image)) await images.adopt(payload.image, inside);
      return payload;
    });
  }
  const outcome = await transact(em, changes, change.work);
  try {
    return await change.read({ images, tasks }, outcome);
  } finally {
    const { earlierTaskIds = [], taskId, work } = outcome;
    if (work !== null) for (const id of [...earlierTaskIds, taskId]) runner.enqueue(id, work, viewer.userId);
  }
}
