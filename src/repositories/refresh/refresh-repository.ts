import type { ImgapiClient } from '../../imgapi/client.js';
import { createBatchWriter } from '../../platform/database/batch-writer.js';
import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { writeRows } from '../../platform/database/write-rows.js';
import { AppError, notFound } from '../../platform/errors.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';
import type { FileStore } from '../../platform/store/file-store.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import { transact } from '../../tasks/changes/transact.js';
import type { Failure } from '../../tasks/runner/end-task.js';
import type { TaskPermission } from '../../tasks/runner/task-permission.js';
import type { TaskRun } from '../../tasks/runner/task-run.js';
import type { TaskHandler } from '../../tasks/runner/task-runner.js';
import { ImageRepository } from '../image-repository.entity.js';
import type { AccessTo } from '../credentials/repository-access.js';
import { readCurrentGeneration } from './current-generation.js';
import { analyzeEntries, deleteEntriesInBatches } from './entry-writes.js';
import { FileCheck } from './file-check.js';
import { ListDiff } from './list-diff.js';
import { readLocalEntries } from './local-entries.js';
import { type ParsedEntry, readRemoteEntries, type SkippedEntry } from './remote-manifest.js';
import { STATUS_BEFORE_REFRESH } from './reset-stale-refreshes.js';
import { type SkippedEntries, stageEntries } from './stage-entries.js';
import { StagingGeneration } from './staging-generation.js';
import { refreshInstructions } from './start-refresh.js';

export interface RefreshServices {
  database: Database;
  changes: ChangeBus;
  store: FileStore;
  imgapi: ImgapiClient;
  accessTo: AccessTo;
}

/** The list of a repository. Ask for the validators of its answer once the entries are read to their end. */
interface RepositoryList {
  entries: AsyncGenerator<ParsedEntry[]>;
  validators(): Validators;
}
type Validators = Pick<ImageRepository, 'etag' | 'lastModified'>;

/** What the repository gets with a new list. */
type ShownList = Validators & Pick<ImageRepository, 'generation' | 'imageCount'>;

/** What a refresh changed, as the detail of its task shows it. */
export interface RefreshCounts {
  added: number;
  changed: number;
  removed: number;
  skippedCount: number;
}
interface RefreshResult extends RefreshCounts {
  skipped: readonly SkippedEntry[];
}
const NOTHING_CHANGED: RefreshResult = { added: 0, changed: 0, removed: 0, skippedCount: 0, skipped: [] };

/**
 * Refreshes a repository, which the API also calls loading it: reads its list and stores what differs. Readers see the old
 * list or the new one, never a mixture. A refresh that fails leaves the old list; one that is killed can be run again.
 */
export class RefreshRepository implements TaskHandler {
  readonly lane = 'repositories';

  readonly #fileCheck: FileCheck;

  constructor(private readonly services: RefreshServices) {
    this.#fileCheck = new FileCheck(services.store);
  }

  async permission(): Promise<TaskPermission> {
    return (viewer) => viewer.can('repository.use');
  }

  async run(run: TaskRun): Promise<void> {
    const repository = await this.#repositoryOf(run);
    await run.enter('DOWNLOADING');
    const list = await this.#openList(repository, run.signal);
    if (list === null) return this.#finish(run, repository, NOTHING_CHANGED, null);
    await using writer = createBatchWriter(this.services.database);
    // A list that is not answered with "not modified" has usually changed: start the thread while the list is read.
    writer.start();
    using current = await readCurrentGeneration(this.#em(), repository, run.task);
    const generation = new StagingGeneration(this.#em(), writer, { id: repository.id, name: repository.name, url: repository.url, attempt: run.task }, repository.generation + 1);
    const diff = new ListDiff(current);
    const skipped = await stageEntries(list.entries, { diff, generation, checkpoint: () => run.checkpoint() });
    if (!repository.isLocal) requireSomeManifest(repository, diff.counts.total, skipped);
    const removed = diff.removedIds();
    await generation.remove(removed, () => run.checkpoint());
    await generation.drain();
    const { total, added, changed } = diff.counts;
    await analyzeEntries(this.#em(), added + changed + removed.length);
    const result = { added, changed, removed: removed.length, skippedCount: skipped.count, skipped: skipped.listed };
    await this.#finish(run, repository, result, { generation: generation.number, imageCount: total, ...list.validators() });
    await deleteEntriesInBatches(this.#em(), diff.supersededIds(), writer);
  }

  async undo(run: TaskRun, failure: Failure): Promise<void> {
    const { repositoryId } = refreshInstructions(run.task);
    const repository = await this.#em().findOne(ImageRepository, repositoryId, { fields: ['generation'] });
    // Repair the entries before recording the failure: from then on, another refresh may write the same generation.
    if (repository !== null) (await readCurrentGeneration(this.#em(), repository, run.task))[Symbol.dispose]();
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.fail(tx, failure, announce);
      // A user who lost the permission to refresh it is no fault of the repository.
      const isFault = failure.status === 'FAILED' && failure.code !== 'FORBIDDEN';
      const state = isFault ? sqlText`status = 'FAILED', error = ${failure.message}` : sqlText`status = ${STATUS_BEFORE_REFRESH}`;
      await writeRows(tx, sqlText`update image_repository set ${state} where id = ${repositoryId}`);
      announce({ type: 'repository', repositoryId });
    });
  }

  #em(): SqlEntityManager {
    return this.services.database.em.fork();
  }

  async #repositoryOf(run: TaskRun): Promise<ImageRepository> {
    const { repositoryId } = refreshInstructions(run.task);
    const repository = await this.#em().findOne(ImageRepository, { id: repositoryId, retired: false });
    if (repository === null) throw notFound('image repository', String(repositoryId));
    return repository;
  }

  /** Null when the list has not changed since the last refresh. */
  async #openList(repository: ImageRepository, signal: AbortSignal): Promise<RepositoryList | null> {
    if (repository.isLocal) {
      return { entries: readLocalEntries({ em: () => this.#em(), store: this.services.store, check: this.#fileCheck }), validators: () => ({ etag: null, lastModified: null }) };
    }
    // Send validators only while a complete list is stored, as "not modified" keeps what is there.
    const isComplete = repository.lastUpdate !== null && repository.error === null;
    const { etag, lastModified } = isComplete ? repository : {};
    const list = await this.services.imgapi.listImages(repository.url, {
      signal,
      ...(await this.services.accessTo(this.#em(), repository.id)),
      ...(etag && { etag }),
      ...(lastModified && { lastModified }),
    });
    if (list.notModified) return null;
    return {
      entries: readRemoteEntries(list.entries),
      validators: () => ({ etag: list.etag ?? null, lastModified: list.lastModified ?? null }),
    };
  }

  /** Shows the new list, if there is one, and ends the task, in one transaction. */
  async #finish(run: TaskRun, repository: ImageRepository, result: RefreshResult, shown: ShownList | null): Promise<void> {
    await run.commitToPublish({});
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.succeed(tx, announce, { detail: { url: redactUrl(repository.url), ...result } });
      const same = { id: repository.id, url: repository.url, retired: false, generation: repository.generation };
      const state = { ...shown, status: 'OK', error: null, lastUpdate: new Date() } as const;
      if ((await tx.nativeUpdate(ImageRepository, same, state)) === 0) throw notFound('image repository', repository.name);
      announce({ type: 'repository', repositoryId: repository.id });
    });
  }
}

/** An empty list empties the repository, but a list in which nothing is a manifest is of something else, and must not. */
function requireSomeManifest({ url }: Pick<ImageRepository, 'name' | 'url'>, manifests: number, skipped: SkippedEntries): void {
  if (manifests > 0 || skipped.count === 0) return;
  const [first] = skipped.listed;
  const entries = skipped.count === 1 ? 'its only entry' : `each of its ${skipped.count} entries`;
  throw new AppError('INVALID_MANIFEST', `The list of ${redactUrl(url)} is no list of images, as ${entries} is no manifest. The first: ${first?.reason ?? 'unreadable.'}`);
}
