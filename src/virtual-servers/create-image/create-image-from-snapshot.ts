import { fileKindWarnings } from '../../images/file-kind/file-kind.js';
import { recordPublishedFile } from '../../images/mutations/record-published-file.js';
import { announceImage, attachmentsOf } from '../../images/events/image-changes.js';
import { Image } from '../../images/image.entity.js';
import { pendingImage } from '../../images/mutations/pending-image.js';
import { storedManifest } from '../../images/manifest/stored-manifest.js';
import type { RetryPolicy } from '../../images/import/download/retry-policy.js';
import { waitForSource } from '../../images/import/download/wait-for-source.js';
import { manifestKindOf } from '../../imgapi/os-type.js';
import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import type { GuardedFetch } from '../../platform/fetch/fetch.js';
import { type FileStore, FileStoreConflict } from '../../platform/store/file-store.js';
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

/**
 * Copies the bytes of a snapshot to the image store, as the file of a PENDING image: download, gzip, hash, publish, record.
 * The process may be killed after any step; the next run downloads anew, or records what was published. Undo deletes image
 * and file. Either way the snapshot is OK again at the end.
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
    const file = (await this.#published(run, image.uuid)) ?? (await this.services.store.explainFull(null, async () => this.#download(run, image)));
    await this.#record(run, image.id, file);
  }

  async undo(run: TaskRun, failure: Failure): Promise<void> {
    const { uuid, snapshotId } = instructionsOf(run.task);
    const image = await this.#em().findOne(Image, { uuid, status: 'PENDING' });
    // Delete the file before the image: after a kill in between, the task is still open and is undone again.
    await run.demandClaim();
    if (image !== null) await this.#deleteFile(run, uuid);
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.fail(tx, failure, announce);
      await releaseSnapshot(tx, snapshotId);
      if (image === null) return;
      announceImage('DELETED', image, await attachmentsOf(tx, image.id), announce);
      await tx.nativeDelete(Image, { id: image.id, status: 'PENDING' });
    });
  }

  #em(): SqlEntityManager {
    return this.services.database.em.fork();
  }

  async #image(run: TaskRun): Promise<Image> {
    const image = await this.#em().findOne(Image, { uuid: instructionsOf(run.task).uuid, status: 'PENDING' }, { populate: ['tags'] });
    if (image === null) throw new AppError('NOT_FOUND', `The image ${run.task.imageName} is gone.`);
    return image;
  }

  /** The file that this task published before its process was killed; null when it must be downloaded. */
  async #published(run: TaskRun, uuid: string): Promise<GzippedFile | null> {
    const { digest, kind, bytesRead } = instructionsOf(run.task);
    const inStore = digest === undefined ? null : await this.services.store.statFile(uuid);
    if (digest === undefined || inStore?.size !== digest.size) return null;
    await run.commitToPublish({});
    // A task of an older version did not record the kind.
    return { digest, kind: kind ?? { compression: 'gzip', format: 'UNKNOWN', name: 'of no format that the gateway knows' }, bytesRead: bytesRead ?? 0 };
  }

  async #download(run: TaskRun, image: Image): Promise<GzippedFile> {
    const { retry } = this.services;
    const { url, what } = await this.#source(run);
    const gzipped = await downloadGzipped({
      what,
      diskBytes: image.sizeMib * 1024 * 1024,
      open: async (signal) => this.services.fetch.get(url, { signal, idleTimeoutMs: 2 * retry.rateWindowMs, decodedLimitBytes: (image.sizeMib + DECODED_MARGIN_MIB) * 2 ** 20 }),
      retry,
      wait: async (waiting) => waitForSource(run, waiting),
      store: this.services.store,
      uuid: image.uuid,
      onStart: async (bytesTotal) => run.enter('DOWNLOADING', bytesTotal === null ? undefined : { done: 0, total: bytesTotal }),
      onProgress: (bytesRead) => void run.progress(bytesRead).catch(() => undefined),
      signal: run.signal,
    });
    await run.commitToPublish({ ...gzipped });
    await this.#publish(image, gzipped);
    return gzipped;
  }

  async #source(run: TaskRun): Promise<{ url: string; what: string }> {
    const snapshot = await this.#em().findOne(Snapshot, instructionsOf(run.task).snapshotId, { populate: ['server'] });
    if (!snapshot?.dataUrl) throw new AppError('FILE_UNREACHABLE', `The snapshot of image ${run.task.imageName} is gone, or has no dataUrl.`);
    const { hostname } = snapshot.server.getEntity();
    return { url: snapshot.dataUrl, what: `snapshot ${snapshot.name} of disk ${snapshot.diskId} of server ${hostname}` };
  }

  async #publish(image: Image, { digest, kind }: GzippedFile): Promise<void> {
    try {
      const { size, sha1 } = digest;
      await this.services.store.publish(image.uuid, storedManifest(image, { file: { size, sha1, compression: kind.compression } }));
    } catch (error) {
      if (!(error instanceof FileStoreConflict)) throw error;
      throw new AppError('ALREADY_EXISTS', `The image store got another file for ${image.uuid} meanwhile; remove ${image.uuid} there.`);
    }
  }

  async #record(run: TaskRun, imageId: number, { digest, kind, bytesRead }: GzippedFile): Promise<void> {
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      const row = await tx.findOneOrFail(Image, imageId);
      const warnings = fileKindWarnings(kind, { compression: 'gzip', type: manifestKindOf(row.osType).type });
      await run.succeed(tx, announce, { bytesDone: bytesRead, warnings });
      await releaseSnapshot(tx, instructionsOf(run.task).snapshotId);
      recordPublishedFile(row, digest, kind);
      announceImage('UPDATED', row, await attachmentsOf(tx, row.id), announce);
    });
  }

  /** Keeps a file of another size, which somebody placed there by hand. */
  async #deleteFile(run: TaskRun, uuid: string): Promise<void> {
    // A partial that cannot be reached, as its store was unmounted, is swept away by a later start.
    await this.services.store.discardPartial(uuid).catch(() => undefined);
    const { digest } = await run.latestInstructions<CreateImageInstructions>();
    const inStore = await this.services.store.statFile(uuid);
    if (digest !== undefined && inStore?.size === digest.size) await this.services.store.remove(uuid);
  }
}

function instructionsOf({ instructions }: RunningTask): CreateImageInstructions {
  // JSON that insertImageFromSnapshot and commitToPublish have written.
  return instructions as CreateImageInstructions;
}

async function releaseSnapshot(tx: SqlEntityManager, snapshotId: number): Promise<void> {
  await tx.nativeUpdate(Snapshot, { id: snapshotId, status: 'PENDING' }, { status: 'OK' });
}
