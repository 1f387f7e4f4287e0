import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import type { FetchAccess } from '../../platform/fetch/fetch.js';
import type { AttemptKey, FileKey } from '../../platform/store/file-key.js';
import type { FileStore } from '../../platform/store/file-store.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import type { Failure } from '../../tasks/runner/end-task.js';
import type { RunningTask, TaskRun } from '../../tasks/runner/task-run.js';
import type { TaskPermission } from '../../tasks/runner/task-permission.js';
import type { TaskHandler } from '../../tasks/runner/task-runner.js';
import { transact } from '../../tasks/changes/transact.js';
import { recordPublishedFile } from '../mutations/record-published-file.js';
import { keyOfRun } from '../store/image-key.js';
import { removeAttemptsUpTo, removeLostAttemptsOf } from '../store/lost-attempts.js';
import { placedFileOf } from '../store/placed-files.js';
import { isBeingDeleted } from '../delete/is-being-deleted.js';
import { findBase } from '../bases/base-rules.js';
import { announceBase, announceImage, attachmentsOf } from '../events/image-changes.js';
import { detectFileKind, type FileKind, fileKindWarnings } from '../file-kind/file-kind.js';
import { Image } from '../image.entity.js';
import { pendingImage } from '../mutations/pending-image.js';
import { storedManifest } from '../manifest/stored-manifest.js';
import type { Download } from './download/download-in-thread.js';
import type { FileDigest } from './download/hasher.js';
import { waitForSource } from './download/wait-for-source.js';
import { mayImportInto } from './may-import.js';
import { requireBase } from './origins/failed-origin.js';
import type { ImportInstructions } from './source.js';
import { digestStream, verifyDigest } from './download/verify.js';

export interface ImportImageServices {
  database: Database;
  changes: ChangeBus;
  store: FileStore;
  download: Download;
  accessTo: (em: SqlEntityManager, repositoryId: number | null) => Promise<FetchAccess>;
}

/** A file of the store whose size and checksum are those of the manifest, and what it is. */
interface VerifiedFile {
  key: FileKey;
  digest: FileDigest;
  kind: FileKind;
}

function fileOf({ name }: Image): string {
  return `The file of image ${name}`;
}

/** The `type` of the manifest that the image was imported with. */
function typeOf({ manifest }: Image): string {
  const { type } = JSON.parse(manifest) as { type?: unknown };
  return typeof type === 'string' ? type : 'zvol';
}

/**
 * Brings the file of a PENDING image to the image server, under a name of this attempt: download, verify, record. With the record, which
 * also ends the task, it is the file of the image. The process may be killed after any step; the next attempt goes on from the bytes that it
 * finds. Undo removes what the attempts of this task have in the store, and the row unless that was there before the import.
 */
export class ImportImage implements TaskHandler {
  readonly lane = 'downloads';

  constructor(private readonly services: ImportImageServices) {}

  async permission(em: SqlEntityManager, { imageId, instructions }: RunningTask): Promise<TaskPermission | null> {
    const image = await pendingImage(em, { id: imageId });
    if (image === null) return null;
    const { keepsRow, admittedTo = image.bound } = instructions as unknown as ImportInstructions;
    if (keepsRow !== true) return (viewer) => mayImportInto(viewer, image.bound);
    return (viewer) => {
      const update = viewer.can('image.update', { bound: image.bound });
      return update.allowed ? mayImportInto(viewer, admittedTo) : update;
    };
  }

  /** A child waits for its base; without one, its run ends with the reason. */
  async mustWait(em: SqlEntityManager, { imageName }: RunningTask): Promise<boolean> {
    const image = await em.findOne(Image, { name: imageName ?? '', status: 'PENDING' }, { fields: ['origin'] });
    return image?.origin !== null && image?.origin !== undefined && (await findBase(em, image.origin))?.state === 'COMING';
  }

  async run(run: TaskRun): Promise<void> {
    const image = await this.#image(run);
    const wanted = run.task.instructions as unknown as ImportInstructions;
    await requireBase(this.#em(), image, wanted.originTaskId);
    await run.enter('CHECKING', { done: 0, total: wanted.size });
    await this.services.store.check();
    const placed = await this.#placedFile(image, wanted);
    const file = await this.services.store.explainFaults(wanted.size, async () =>
      placed === null ? this.#download(run, image, wanted) : this.#inspect(run, image, wanted, placed),
    );
    await this.#record(run, image, wanted, file);
    await this.#tidy(image.uuid);
  }

  async undo(run: TaskRun, failure: Failure): Promise<void> {
    const image = await this.#em().findOne(Image, { id: run.task.imageId ?? 0, status: 'PENDING' });
    const wanted = await run.latestInstructions<ImportInstructions>();
    // The files go before the row: after a kill in between, the open task runs again and finishes this.
    await run.requireClaim();
    if (image !== null) await this.#dropFiles(run, image.uuid, wanted);
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.fail(tx, failure, announce);
      if (image === null) return;
      const attachments = await attachmentsOf(tx, image.id);
      if (wanted.keepsRow === true) {
        announceImage('UPDATED', image, { ...attachments, before: { status: 'PENDING' } }, announce);
        await tx.nativeUpdate(Image, { id: image.id, status: 'PENDING' }, { status: 'OK' });
        return;
      }
      announceImage('DELETED', image, { ...attachments, before: {} }, announce);
      await tx.nativeDelete(Image, { id: image.id, status: 'PENDING' });
      await announceBase(tx, image.origin, announce);
    });
  }

  async #dropFiles(run: TaskRun, uuid: string, { digest, inPlace }: ImportInstructions): Promise<void> {
    const { store } = this.services;
    await removeAttemptsUpTo(keyOfRun(uuid, run), store);
    // Only a task that a version before this one began has a digest: it published the pair. What the store refuses stays as a pair to be looked at.
    if (digest !== undefined && inPlace !== true) await store.remove({ uuid, attempt: null }).catch(() => undefined);
  }

  async lose(run: TaskRun): Promise<void> {
    const image = await this.#em().findOne(Image, { id: run.task.imageId ?? 0 }, { fields: ['uuid'] });
    // Without its row, nothing tells where it wrote; the sweep finds it.
    if (image !== null) await this.#tidy(image.uuid);
  }

  /** Once the task has ended: removes what its attempts have in the store, but for the file of the image. */
  async #tidy(uuid: string): Promise<void> {
    await removeLostAttemptsOf(uuid, { em: this.#em(), store: this.services.store });
  }

  #em(): SqlEntityManager {
    return this.services.database.em.fork();
  }

  async #image(run: TaskRun): Promise<Image> {
    const image = await this.#em().findOne(Image, { id: run.task.imageId ?? 0, status: 'PENDING' }, { populate: ['tags'] });
    if (image === null) throw new AppError('NOT_FOUND', `The image ${run.task.imageName} is gone.`);
    return image;
  }

  /**
   * The key of a file that is in the store already; null when it must be downloaded. The one that a deletion is about to remove, which
   * recorded it before this import, is none.
   */
  async #placedFile({ uuid, name }: Image, { isLocal }: ImportInstructions): Promise<FileKey | null> {
    const { store } = this.services;
    const isGoing = await isBeingDeleted(this.#em(), uuid);
    if (isLocal && isGoing) throw new AppError('IMAGE_NOT_READY', `The file of ${name} that is in the image store is being deleted; wait until that task has ended.`);
    const key = isLocal ? await placedFileOf(this.#em(), store, uuid) : { uuid, attempt: null };
    if (!isGoing && (await store.statFile(key)) !== null) return key;
    if (isLocal) throw new AppError('FILE_UNREACHABLE', `The image store has no file for ${uuid}; place it there as ${uuid}/file.`);
    return null;
  }

  async #download(run: TaskRun, image: Image, wanted: ImportInstructions): Promise<VerifiedFile> {
    const { store } = this.services;
    const key = keyOfRun(image.uuid, run);
    await run.enter('DOWNLOADING', { done: 0, total: wanted.size });
    const digest = await this.#fetchFile(run, key, wanted);
    await run.enter('VERIFYING', { done: wanted.size, total: wanted.size });
    const kind = await this.#kindOf(image, key, digest.size);
    await run.commitToPublish({});
    const { size, sha1 } = digest;
    await store.writeManifest(key, storedManifest(image, { file: { size, sha1, compression: kind.compression } }));
    return { key, digest, kind };
  }

  /** Resolves when the file is in the store, verified and sealed. */
  async #fetchFile(run: TaskRun, key: AttemptKey, wanted: ImportInstructions): Promise<FileDigest> {
    const access = await this.services.accessTo(this.#em(), wanted.repositoryId ?? null);
    return this.services.download(
      { key, url: wanted.fileUrl, expectedSize: wanted.size, expectedSha1: wanted.sha1, access },
      {
        onProgress: (bytesDone) => void run.progress(bytesDone).catch(() => undefined),
        onWait: async (waiting) => waitForSource(run, waiting),
        signal: run.signal,
      },
    );
  }

  /** Verifies a file that is in the store already, where it lies. */
  async #inspect(run: TaskRun, image: Image, wanted: ImportInstructions, key: FileKey): Promise<VerifiedFile> {
    await run.enter('VERIFYING', { done: 0, total: wanted.size });
    const bytes = await this.services.store.readFile(key);
    if (bytes === null) throw new AppError('FILE_UNREACHABLE', `The file of ${image.uuid} left the image store while it was read.`);
    const digest = await digestStream(bytes, {
      onProgress: (done) => void run.progress(done).catch(() => undefined),
      signal: run.signal,
    });
    verifyDigest(digest, wanted);
    const kind = await this.#kindOf(image, key, digest.size);
    await run.commitToPublish({});
    return { key, digest, kind };
  }

  async #kindOf(image: Image, key: FileKey, size: number): Promise<FileKind> {
    return detectFileKind(fileOf(image), size, async (start, length) => this.services.store.readFile(key, { start, end: start + length - 1 }));
  }

  async #record(run: TaskRun, image: Image, wanted: ImportInstructions, file: VerifiedFile): Promise<void> {
    const warnings = fileKindWarnings(file.kind, { compression: wanted.compression, type: typeOf(image) });
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.succeed(tx, announce, { bytesDone: file.digest.size, warnings });
      const row = await tx.findOneOrFail(Image, image.id);
      recordPublishedFile(row, file);
      announceImage('UPDATED', row, { ...(await attachmentsOf(tx, row.id)), before: { status: 'PENDING' } }, announce);
    });
  }
}
