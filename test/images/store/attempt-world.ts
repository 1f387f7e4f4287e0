import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import pino from 'pino';
import { SYSTEM_USERNAME, User } from '../../../src/access/people/user.entity.js';
import { DeleteImage } from '../../../src/images/delete/delete-image.js';
import { Image } from '../../../src/images/image.entity.js';
import type { Download, DownloadWatch } from '../../../src/images/import/download/download-in-thread.js';
import { ImportImage } from '../../../src/images/import/import-image.js';
import { insertImage } from '../../../src/images/mutations/insert-image.js';
import { keyOfImage } from '../../../src/images/store/image-key.js';
import { sqlText } from '../../../src/platform/database/sql-text.js';
import { writeAtOnce } from '../../../src/platform/database/write-rows.js';
import type { FileDraft, FileStore } from '../../../src/platform/store/file-store.js';
import { LocalFileStore } from '../../../src/platform/store/local/local-file-store.js';
import { ChangeBus } from '../../../src/tasks/changes/change-bus.js';
import { transact } from '../../../src/tasks/changes/transact.js';
import { recordWork } from '../../../src/tasks/runner/record-task.js';
import { type TaskHandlers, TaskRunner } from '../../../src/tasks/runner/task-runner.js';
import { Task } from '../../../src/tasks/task.entity.js';
import { openMigratedDatabase, type TestedDatabase } from '../../support/database.js';
import { filesOfStore } from '../../support/stored-image.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temp-folder.js';

/** The bytes of every image here. */
export const BYTES = Buffer.from('the bytes of an image, of which each half is brought by itself');
export const HALF = 30;

const hash = (algorithm: string): string => createHash(algorithm).update(BYTES).digest('hex');
export const DIGEST = { size: BYTES.length, sha1: hash('sha1'), sha256: hash('sha256'), md5: hash('md5') };

/** Writes into the draft of a download, and resolves when it may be sealed. */
export type Bring = (draft: FileDraft, watch: DownloadWatch) => Promise<void>;

/** A database and an image store in this process, and as many runners over both as a test wants. */
export class AttemptWorld {
  readonly #runners: TaskRunner[] = [];
  readonly changes = new ChangeBus();
  readonly log = pino({ level: 'silent' });

  private constructor(
    private readonly opened: TestedDatabase,
    private readonly folder: TemporaryFolder,
    readonly store: LocalFileStore,
    private readonly userId: number,
  ) {}

  static async open(): Promise<AttemptWorld> {
    const [opened, folder] = [await openMigratedDatabase(), await temporaryFolder()];
    const em = opened.database.em.fork();
    const user = em.create(User, { username: SYSTEM_USERNAME, active: false });
    await em.flush();
    const store = new LocalFileStore(join(folder.path, 'images'));
    await store.check();
    return new AttemptWorld(opened, folder, store, user.id);
  }

  get database(): TestedDatabase['database'] {
    return this.opened.database;
  }

  get root(): string {
    return join(this.folder.path, 'images');
  }

  async close(): Promise<void> {
    await Promise.all(this.#runners.map(async (runner) => runner.stop()));
    await this.opened.close();
    await this.folder.remove();
  }

  /** A PENDING image, or one with the file of that key. */
  async image(uuid: string, file: { fileKey: string | null } | null = null): Promise<Image> {
    const name = `image-${randomUUID().slice(0, 8)}`;
    const em = this.database.em.fork();
    return em.transactional(async (tx) => {
      const manifest = JSON.stringify({ v: 2, uuid, name, version: '1', type: 'zvol', os: 'linux' });
      const facts = { uuid, name, alias: name, version: '1', access: 'PUBLIC' as const, ownerId: this.userId, sizeMib: 1, osType: 'LINUX_VM' as const, status: 'PENDING' as const, resize: false, deploy: false, description: '', homepage: null, repository: null, manifestUrl: null, sourceSnapshot: null, origin: null, manifest };
      const image = await insertImage(tx, facts, [], null);
      if (file !== null) tx.assign(image, { status: 'OK', fileSize: DIGEST.size, fileSha1: DIGEST.sha1, fileSha256: DIGEST.sha256, fileCompression: 'none', ...file });
      return image;
    });
  }

  async task(action: 'IMAGE_IMPORT' | 'IMAGE_DELETE', image: Image, instructions: Record<string, unknown> = {}): Promise<string> {
    const facts = { action, userId: this.userId, tokenGroups: [], imageId: image.id, imageName: image.name, detail: {} };
    const more = { fileUrl: 'http://127.0.0.1:9/file', isLocal: false, repositoryId: null, size: DIGEST.size, sha1: DIGEST.sha1, compression: 'none', uuid: image.uuid, ...instructions };
    return transact(this.database.em.fork(), this.changes, async (tx, announce) => recordWork(tx, facts, { instructions: more }, announce));
  }

  async row(id: string): Promise<Task> {
    return this.database.em.fork().findOneOrFail(Task, id);
  }

  async imageOf(uuid: string): Promise<Image | null> {
    return this.database.em.fork().findOne(Image, { uuid });
  }

  /** Lets the claim run out, as when its process is frozen or gone. */
  async expire(id: string): Promise<void> {
    await writeAtOnce(this.database.em.fork(), sqlText`update task set claimed_until = 1 where id = ${id}`);
  }

  runner(handlers: TaskHandlers): TaskRunner {
    const runner = new TaskRunner(this.database, this.changes, this.log, { handlers });
    this.#runners.push(runner);
    return runner;
  }

  /** Imports whose downloads are made by `bring`. */
  importer(bring: Bring, store: FileStore = this.store, Handler = ImportImage): ImportImage {
    const download: Download = async ({ key }, watch) => {
      const draft = await store.openDraft(key);
      try {
        await bring(draft, watch);
        await draft.seal();
        return DIGEST;
      } finally {
        await draft.close();
      }
    };
    return new Handler({ database: this.database, changes: this.changes, store, download, accessTo: async () => ({ isTrusted: false }) as never });
  }

  deleter(store: FileStore = this.store): DeleteImage {
    return new DeleteImage({ database: this.database, changes: this.changes, store });
  }

  /** Puts a file into the store, as an attempt has brought it. */
  async seal(uuid: string, attempt: string | null, bytes: Buffer = BYTES): Promise<void> {
    const draft = await this.store.openDraft({ uuid, attempt });
    await draft.write(bytes);
    await draft.seal('{}');
    await draft.close();
  }

  /** The file of an image by its row. */
  async fileOf(uuid: string): Promise<string | null> {
    const image = await this.imageOf(uuid);
    const stream = image === null ? null : await this.store.readFile(keyOfImage(image));
    return stream && text(stream);
  }

  /** What the store has, of one image or of all, without the manifests. */
  async stored(uuid = ''): Promise<string[]> {
    return (await filesOfStore(this.root)).filter((path) => path.startsWith(uuid) && !path.endsWith('/manifest'));
  }
}
