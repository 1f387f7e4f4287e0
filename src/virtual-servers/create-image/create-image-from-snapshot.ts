import { takeFile } from '../../images/mutations/arrived-file.js';
import { announceImage, attachmentsOf } from '../../images/events/image-changes.js';
import { Image } from '../../images/image.entity.js';
import { pendingImage } from '../../images/mutations/pending-image.js';
import { storedManifest } from '../../images/manifest/stored-manifest.js';
import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import type { GuardedFetch } from '../../platform/fetch/fetch.js';
import { type FileStore, FileStoreConflict } from '../../platform/store/file-store.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import { type Failure, failTask } from '../../tasks/runner/end-task.js';
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
}

const COMPRESSION = 'gzip';

/**
 * Brings the bytes of a snapshot onto the image server as a PENDING image's file: open, read, gzip, hash, publish, record.
 * Every step may be the last before a kill; run again, it reads anew, or records what it had published. Its undo leaves
 * neither row nor bytes. The snapshot is OK again after both.
 */
export class CreateImageFromSnapshot implements TaskHandler {
  readonly lane = 'files';

  constructor(private readonly services: CreateImageFromSnapshotServices) {}

  /** In the datacenter of the server, which may have moved meanwhile, and in the one that the image is bound to. */
  async permission(em: SqlEntityManager, { instructions }: RunningTask): Promise<TaskPermission | null> {
    const { uuid, snapshotId } = instructions as unknown as CreateImageInstructions;
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
    const image = await this.#image(run);
    await this.#record(run, image.id, (await this.#published(run, image.uuid)) ?? (await this.#read(run, image)));
  }

  async undo(run: TaskRun, failure: Failure): Promise<void> {
    const { uuid, snapshotId } = instructionsOf(run);
    const image = await this.#em().findOne(Image, { uuid, status: 'PENDING' });
    // The bytes go before the row: killed in between, the open task comes back and finishes this.
    if (image !== null) await this.#dropBytes(run, uuid);
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      if (!(await failTask(tx, run.task.id, failure, announce))) return;
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
    const image = await this.#em().findOne(Image, { uuid: instructionsOf(run).uuid, status: 'PENDING' }, { populate: ['tags'] });
    if (image === null) throw new AppError('NOT_FOUND', `The image ${run.task.imageName} is gone.`);
    return image;
  }

  /** What this task had published before its process was killed. */
  async #published(run: TaskRun, uuid: string): Promise<GzippedFile | null> {
    const { digest, bytesRead } = instructionsOf(run);
    const inStore = digest === undefined ? null : await this.services.store.statFile(uuid);
    if (digest === undefined || inStore?.size !== digest.size) return null;
    await run.commitToPublish({});
    return { digest, bytesRead: bytesRead ?? 0 };
  }

  async #read(run: TaskRun, image: Image): Promise<GzippedFile> {
    const { url, what } = await this.#source(run);
    const gzipped = await downloadGzipped({
      what,
      open: async (signal) => this.services.fetch.get(url, { signal }),
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
    const snapshot = await this.#em().findOne(Snapshot, instructionsOf(run).snapshotId, { populate: ['server'] });
    if (!snapshot?.dataUrl) throw new AppError('FILE_UNREACHABLE', `The snapshot of image ${run.task.imageName} is gone, or has no dataUrl.`);
    const { hostname } = snapshot.server.getEntity();
    return { url: snapshot.dataUrl, what: `snapshot ${snapshot.name} of disk ${snapshot.diskId} of server ${hostname}` };
  }

  async #publish(image: Image, { digest }: GzippedFile): Promise<void> {
    try {
      const { size, sha1 } = digest;
      await this.services.store.publish(image.uuid, storedManifest(image, { file: { size, sha1, compression: COMPRESSION } }));
    } catch (error) {
      if (!(error instanceof FileStoreConflict)) throw error;
      throw new AppError('ALREADY_EXISTS', `The image store got another file for ${image.uuid} meanwhile; remove ${image.uuid} there.`);
    }
  }

  async #record(run: TaskRun, imageId: number, { digest, bytesRead }: GzippedFile): Promise<void> {
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      if (!(await run.succeed(tx, announce, { bytesDone: bytesRead }))) return;
      await releaseSnapshot(tx, instructionsOf(run).snapshotId);
      const row = await tx.findOneOrFail(Image, imageId);
      takeFile(row, digest, COMPRESSION);
      announceImage('UPDATED', row, await attachmentsOf(tx, row.id), announce);
    });
  }

  /** A file of another size was placed there by hand, and stays. */
  async #dropBytes(run: TaskRun, uuid: string): Promise<void> {
    await this.services.store.discardPartial(uuid);
    const { digest } = await run.latestInstructions<CreateImageInstructions>();
    const inStore = await this.services.store.statFile(uuid);
    if (digest !== undefined && inStore?.size === digest.size) await this.services.store.remove(uuid);
  }
}

function instructionsOf(run: TaskRun): CreateImageInstructions {
  return run.task.instructions as unknown as CreateImageInstructions;
}

async function releaseSnapshot(tx: SqlEntityManager, snapshotId: number): Promise<void> {
  await tx.nativeUpdate(Snapshot, { id: snapshotId, status: 'PENDING' }, { status: 'OK' });
}
