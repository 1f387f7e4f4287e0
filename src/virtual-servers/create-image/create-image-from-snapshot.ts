import { fileKindWarnings } from '../../images/file-kind/file-kind.js';
import { recordPublishedFile } from '../../images/mutations/record-published-file.js';
import { announceImage, attachmentsOf } from '../../images/events/image-changes.js';
import { Image } from '../../images/image.entity.js';
import { pendingImage } from '../../images/mutations/pending-image.js';
import { keyOfRun } from '../../images/store/image-key.js';
import { removeAttemptsUpTo, removeLostAttemptsOf } from '../../images/store/lost-attempts.js';
import { storedManifest } from '../../images/manifest/stored-manifest.js';
import type { RetryPolicy } from '../../images/import/download/retry-policy.js';
import { waitForSource } from '../../images/import/download/wait-for-source.js';
import { manifestKindOf } from '../../imgapi/os-type.js';
import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import type { GuardedFetch } from '../../platform/fetch/fetch.js';
import { type FileKey, isEarlierAttempt } from '../../platform/store/file-key.js';
import type { FileDraft, FileStore } from '../../platform/store/file-store.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import type { Failure } from '../../tasks/runner/end-task.js';
import type { RunningTask, TaskRun } from '../../tasks/runner/task-run.js';
import type { TaskPermission } from '../../tasks/runner/task-permission.js';
import type { TaskHandler } from '../../tasks/runner/task-runner.js';
import { transact } from '../../tasks/changes/transact.js';
import { type GzippedFile, downloadGzipped } from './download-gzipped.js';
import { Snapshot } from '../snapshots/snapshot.entity.js';
import { type CreateImageInstructions, datacenterOfSnapshot } from './image-creation.js';

export interface CreateImageFromSnapshotServices {
  database: Database;
  changes: ChangeBus;
  store: FileStore;
  fetch: GuardedFetch;
  retry: RetryPolicy;
}

/** Encoded data may decode to a little more than the disk holds, so that the check of the disk names the fault. */
const DECODED_MARGIN_MIB = 1;

/** What was written, and where. */
interface StoredFile extends GzippedFile {
  key: FileKey;
}

/**
 * Copies the bytes of a snapshot to the image store, as the file of a PENDING image, under a name of this attempt: download, gzip, hash,
 * seal, record. The process may be killed after any step; the next attempt downloads anew. Undo deletes what the attempts of this task
 * have in the store, and the image. Either way the snapshot is OK again at the end.
 */
export class CreateImageFromSnapshot implements TaskHandler {
  readonly lane = 'downloads';

  constructor(private readonly services: CreateImageFromSnapshotServices) {}

  /** Needed in the datacenter that the image is bound to, and in that of the server, which may have moved meanwhile. */
  async permission(em: SqlEntityManager, task: RunningTask): Promise<TaskPermission | null> {
    const { uuid, snapshotId } = instructionsOf(task);
    const image = await pendingImage(em, { uuid });
    if (image === null) return null;
    const { bound } = image;
    const source = (await datacenterOfSnapshot(em, snapshotId)) ?? bound;
    return (viewer) => {
      if (bound === null || source === null) return viewer.can('image.update', { bound: null });
      const atSource = viewer.can('image.createFromSnapshot', { datacenter: source });
      return atSource.allowed ? viewer.can('image.createFromSnapshot', { datacenter: bound }) : atSource;
    };
  }

  async run(run: TaskRun): Promise<void> {
    await run.enter('CHECKING');
    await this.services.store.check();
    const image = await this.#image(run);
    const file = await this.services.store.explainFaults(null, async () => this.#store(run, image));
    await this.#record(run, image.id, file);
    await this.#tidy(run);
  }

  async undo(run: TaskRun, failure: Failure): Promise<void> {
    const { uuid, snapshotId, digest } = await run.latestInstructions<CreateImageInstructions>();
    const image = await this.#em().findOne(Image, { uuid, status: 'PENDING' });
    // The files go before the row: after a kill in between, the open task runs again and finishes this.
    await run.requireClaim();
    await removeAttemptsUpTo(keyOfRun(uuid, run), this.services.store);
    // The uuid was made for this image, so nobody else has placed a pair under it.
    if (image !== null && digest !== undefined) await this.services.store.remove({ uuid, attempt: null }).catch(() => undefined);
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.fail(tx, failure, announce);
      await releaseSnapshot(tx, snapshotId);
      if (image === null) return;
      announceImage('DELETED', image, { ...(await attachmentsOf(tx, image.id)), before: {} }, announce);
      await tx.nativeDelete(Image, { id: image.id, status: 'PENDING' });
    });
  }

  async lose(run: TaskRun): Promise<void> {
    await this.#tidy(run);
  }

  /** Once the task has ended: removes what its attempts have in the store, but for the file of the image. */
  async #tidy({ task }: TaskRun): Promise<void> {
    await removeLostAttemptsOf(instructionsOf(task).uuid, { em: this.#em(), store: this.services.store });
  }

  #em(): SqlEntityManager {
    return this.services.database.em.fork();
  }

  async #image(run: TaskRun): Promise<Image> {
    const image = await this.#em().findOne(Image, { uuid: instructionsOf(run.task).uuid, status: 'PENDING' }, { populate: ['tags'] });
    if (image === null) throw new AppError('NOT_FOUND', `The image ${run.task.imageName} is gone.`);
    return image;
  }

  /** A gzip stream cannot be continued, so the bytes of an earlier attempt are of no use. */
  async #store(run: TaskRun, image: Image): Promise<StoredFile> {
    const { store } = this.services;
    const key = keyOfRun(image.uuid, run);
    for await (const earlier of store.listAttempts(image.uuid)) if (isEarlierAttempt(earlier, key)) await store.remove(earlier);
    const draft = await store.openDraft(key);
    try {
      const gzipped = await this.#download(run, image, draft);
      await run.commitToPublish({});
      const { size, sha1 } = gzipped.digest;
      await draft.seal(storedManifest(image, { file: { size, sha1, compression: gzipped.kind.compression } }));
      return { ...gzipped, key };
    } finally {
      await draft.close();
    }
  }

  async #download(run: TaskRun, image: Image, draft: FileDraft): Promise<GzippedFile> {
    const { retry } = this.services;
    const { url, what } = await this.#source(run);
    return downloadGzipped({
      what,
      diskBytes: image.sizeMib * 1024 * 1024,
      open: async (signal) => this.services.fetch.get(url, { signal, idleTimeoutMs: 2 * retry.rateWindowMs, decodedLimitBytes: (image.sizeMib + DECODED_MARGIN_MIB) * 2 ** 20 }),
      retry,
      wait: async (waiting) => waitForSource(run, waiting),
      draft,
      onStart: async (bytesTotal) => run.enter('DOWNLOADING', bytesTotal === null ? undefined : { done: 0, total: bytesTotal }),
      onProgress: (bytesRead) => void run.progress(bytesRead).catch(() => undefined),
      signal: run.signal,
    });
  }

  async #source(run: TaskRun): Promise<{ url: string; what: string }> {
    const snapshot = await this.#em().findOne(Snapshot, instructionsOf(run.task).snapshotId, { populate: ['server'] });
    if (!snapshot?.dataUrl) throw new AppError('FILE_UNREACHABLE', `The snapshot of image ${run.task.imageName} is gone, or has no dataUrl.`);
    const { hostname } = snapshot.server.getEntity();
    return { url: snapshot.dataUrl, what: `snapshot ${snapshot.name} of disk ${snapshot.diskId} of server ${hostname}` };
  }

  async #record(run: TaskRun, imageId: number, file: StoredFile): Promise<void> {
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      const row = await tx.findOneOrFail(Image, imageId);
      const warnings = fileKindWarnings(file.kind, { compression: 'gzip', type: manifestKindOf(row.osType).type });
      await run.succeed(tx, announce, { bytesDone: file.bytesRead, warnings });
      await releaseSnapshot(tx, instructionsOf(run.task).snapshotId);
      recordPublishedFile(row, file);
      announceImage('UPDATED', row, { ...(await attachmentsOf(tx, row.id)), before: { status: 'PENDING' } }, announce);
    });
  }
}

function instructionsOf({ instructions }: RunningTask): CreateImageInstructions {
  // JSON that insertImageFromSnapshot and commitToPublish have written.
  return instructions as CreateImageInstructions;
}

async function releaseSnapshot(tx: SqlEntityManager, snapshotId: number): Promise<void> {
  await tx.nativeUpdate(Snapshot, { id: snapshotId, status: 'PENDING' }, { status: 'OK' });
}
