import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import type { FetchAccess } from '../../platform/fetch/fetch.js';
import { type FileStore, FileStoreConflict } from '../../platform/store/file-store.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import type { Failure } from '../../tasks/runner/end-task.js';
import type { RunningTask, TaskRun } from '../../tasks/runner/task-run.js';
import type { TaskPermission } from '../../tasks/runner/task-permission.js';
import type { TaskHandler } from '../../tasks/runner/task-runner.js';
import { transact } from '../../tasks/changes/transact.js';
import { recordPublishedFile } from '../mutations/record-published-file.js';
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

/** A file whose size and checksum are those of the manifest, and what it is. */
interface VerifiedFile {
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
 * Brings the file of a PENDING image to the image server: download, verify, publish, record. It may be killed after any step; run
 * again, it goes on from what it finds in the store. Its undo removes the file, and the row unless that was there before the import.
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
    const inStore = await this.services.store.statFile(image.uuid);
    const file = await this.services.store.explainFull(wanted.size, async () =>
      inStore === null ? this.#download(run, image, wanted) : this.#inspect(run, image, wanted, inStore.size),
    );
    await this.#record(run, image, wanted, file);
  }

  async undo(run: TaskRun, failure: Failure): Promise<void> {
    const image = await this.#em().findOne(Image, { id: run.task.imageId ?? 0, status: 'PENDING' });
    const wanted = run.task.instructions as unknown as ImportInstructions;
    // The file goes before the row: after a kill in between, the open task runs again and finishes this.
    await run.demandClaim();
    if (image !== null) await this.#dropBytes(run, image.uuid);
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.fail(tx, failure, announce);
      if (image === null) return;
      const attachments = await attachmentsOf(tx, image.id);
      if (wanted.keepsRow === true) {
        announceImage('UPDATED', image, attachments, announce);
        await tx.nativeUpdate(Image, { id: image.id, status: 'PENDING' }, { status: 'OK' });
        return;
      }
      announceImage('DELETED', image, attachments, announce);
      await tx.nativeDelete(Image, { id: image.id, status: 'PENDING' });
      await announceBase(tx, image.origin, announce);
    });
  }

  #em(): SqlEntityManager {
    return this.services.database.em.fork();
  }

  async #image(run: TaskRun): Promise<Image> {
    const image = await this.#em().findOne(Image, { id: run.task.imageId ?? 0, status: 'PENDING' }, { populate: ['tags'] });
    if (image === null) throw new AppError('NOT_FOUND', `The image ${run.task.imageName} is gone.`);
    return image;
  }

  async #download(run: TaskRun, image: Image, wanted: ImportInstructions): Promise<VerifiedFile> {
    if (wanted.isLocal) {
      throw new AppError('FILE_UNREACHABLE', `The image store has no file for ${image.uuid}; place it there as ${image.uuid}/file.`);
    }
    const done = await this.services.store.partialSize(image.uuid);
    await this.services.store.requireRoom(wanted.size - done);
    await run.enter('DOWNLOADING', { done, total: wanted.size });
    const digest = await this.#fetchFile(run, image.uuid, wanted);
    await run.enter('VERIFYING', { done: wanted.size, total: wanted.size });
    verifyDigest(digest, wanted);
    const kind = await detectFileKind(fileOf(image), digest.size, async (start, length) => this.services.store.readPartial(image.uuid, length, start));
    await run.commitToPublish({ digest, kind });
    await this.#publish(run, image, { digest, kind });
    return { digest, kind };
  }

  async #fetchFile(run: TaskRun, uuid: string, wanted: ImportInstructions): Promise<FileDigest> {
    const access = await this.services.accessTo(this.#em(), wanted.repositoryId ?? null);
    return this.services.download(
      { uuid, url: wanted.fileUrl, expectedSize: wanted.size, expectedSha1: wanted.sha1, access },
      {
        onProgress: (bytesDone) => void run.progress(bytesDone).catch(() => undefined),
        onWait: async (waiting) => waitForSource(run, waiting),
        signal: run.signal,
      },
    );
  }

  /** Verifies a file that is in the store already: placed there by hand, or published by this task before a kill. */
  async #inspect(run: TaskRun, image: Image, wanted: ImportInstructions, size: number): Promise<VerifiedFile> {
    if (wanted.digest !== undefined && wanted.digest.size === size) return { digest: wanted.digest, kind: wanted.kind ?? (await this.#kindOf(image, size)) };
    await run.enter('VERIFYING', { done: 0, total: size });
    const bytes = await this.services.store.readFile(image.uuid);
    if (bytes === null) throw new AppError('FILE_UNREACHABLE', `The file of ${image.uuid} left the image store while it was read.`);
    const digest = await digestStream(bytes, {
      onProgress: (done) => void run.progress(done).catch(() => undefined),
      signal: run.signal,
    });
    verifyDigest(digest, wanted);
    const kind = await this.#kindOf(image, size);
    await run.commitToPublish({ digest, kind, inPlace: true });
    return { digest, kind };
  }

  async #kindOf(image: Image, size: number): Promise<FileKind> {
    return detectFileKind(fileOf(image), size, async (start, length) => this.services.store.readFile(image.uuid, { start, end: start + length - 1 }));
  }

  async #publish(run: TaskRun, image: Image, { digest, kind }: VerifiedFile): Promise<void> {
    try {
      const { size, sha1 } = digest;
      await this.services.store.publish(image.uuid, storedManifest(image, { file: { size, sha1, compression: kind.compression } }));
    } catch (error) {
      if (!(error instanceof FileStoreConflict)) throw error;
      // This task did not bring the file that is there now, so its undo must leave it.
      await run.commitToPublish({ digest, kind, inPlace: true });
      throw new AppError('ALREADY_EXISTS', `The image store got another file for ${image.uuid} meanwhile; remove ${image.uuid} there or import it from the local repository.`);
    }
  }

  async #record(run: TaskRun, image: Image, wanted: ImportInstructions, { digest, kind }: VerifiedFile): Promise<void> {
    const warnings = fileKindWarnings(kind, { compression: wanted.compression, type: typeOf(image) });
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.succeed(tx, announce, { bytesDone: digest.size, warnings });
      const row = await tx.findOneOrFail(Image, image.id);
      recordPublishedFile(row, digest, kind);
      announceImage('UPDATED', row, await attachmentsOf(tx, row.id), announce);
    });
  }

  /** Removes the file that this task brought, but not one that was in the store before it. */
  async #dropBytes(run: TaskRun, uuid: string): Promise<void> {
    // A partial that cannot be reached, as its store was unmounted, is swept away by a later start.
    await this.services.store.discardPartial(uuid).catch(() => undefined);
    const { digest, inPlace } = await run.latestInstructions<ImportInstructions>();
    if (digest === undefined || inPlace === true) return;
    // Without its file there is nothing to remove: publishing failed, or the store is not there.
    if ((await this.services.store.statFile(uuid)) !== null) await this.services.store.remove(uuid);
  }
}
