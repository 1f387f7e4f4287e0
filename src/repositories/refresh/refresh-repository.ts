import type { ImgapiClient } from '../../imgapi/client.js';
import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import { Image } from '../../images/image.entity.js';
import { notFound } from '../../platform/errors.js';
import type { FileStore } from '../../platform/store/file-store.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { shownUrl } from '../../platform/fetch/shown-url.js';
import { createBatchWriter } from '../../platform/database/batch-writer.js';
import { writeRows } from '../../platform/database/write-rows.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import { type Failure, failTask } from '../../tasks/runner/end-task.js';
import type { TaskRun } from '../../tasks/runner/task-run.js';
import type { TaskPermission } from '../../tasks/runner/task-permission.js';
import type { TaskHandler } from '../../tasks/runner/task-runner.js';
import { transact } from '../../tasks/changes/transact.js';
import { ListDiff } from './list-diff.js';
import { FileCheck } from './file-check.js';
import { analyzeEntries, deleteEntriesInBatches, readCurrentGeneration } from './current-generation.js';
import { ImageRepository } from '../image-repository.entity.js';
import { readLocalEntries } from './local-entries.js';
import { type RefreshedRepository, StagingGeneration } from './staging-generation.js';
import { contentHash, type RemoteManifest, remoteManifestColumns, type ListEntryResult } from './remote-manifest.js';
import { readRemoteEntries } from './remote-entries.js';
import { SkippedEntries } from './stage-entries.js';
import { STATUS_BEFORE_REFRESH } from './reset-stale-refreshes.js';
import type { RefreshInstructions } from './start-refresh.js';
import { trustedHosts } from '../trusted-hosts.js';
import { EventLoopYield } from './yield-to-event-loop.js';

export interface RefreshServices {
  database: Database;
  changes: ChangeBus;
  store: FileStore;
  imgapi: ImgapiClient;
}

/** A list to be read to its end; `validators` are asked for after that. Null: it has not changed. */
interface RepositoryList {
  entries: AsyncGenerator<ListEntryResult[]>;
  validators(): Validators;
}
type Validators = Pick<ImageRepository, 'etag' | 'lastModified'>;

/** What a load found, as the detail of its task shows it. */
interface RefreshResult {
  added: number;
  changed: number;
  removed: number;
  skippedCount: number;
  skipped: readonly object[];
}
const NOTHING_CHANGED: RefreshResult = { added: 0, changed: 0, removed: 0, skippedCount: 0, skipped: [] };

/**
 * Loads the list of a repository and applies the difference. Readers see the old list or the new one; a load that fails
 * leaves the old one, and may be run again after a kill at any moment.
 */
export class RefreshRepository implements TaskHandler {
  readonly lane = 'repositories';

  readonly #check: FileCheck;

  constructor(private readonly services: RefreshServices) {
    this.#check = new FileCheck(services.store, async (uuid) => (await this.#em().count(Image, { uuid, fileSha1: { $ne: null } })) > 0);
  }

  async permission(): Promise<TaskPermission> {
    return (viewer) => viewer.can('repository.use');
  }

  async run(run: TaskRun): Promise<void> {
    const repository = await this.#repositoryOf(run);
    await run.enter('DOWNLOADING');
    const source = await this.#open(repository, run.signal);
    if (source === null) return this.#finish(run, repository, NOTHING_CHANGED, {});
    await using writer = createBatchWriter(this.services.database);
    // A list that was sent has changed, as a rule.
    writer.start();
    using present = await readCurrentGeneration(this.#em(), repository.id, repository.generation);
    const next = new StagingGeneration(this.#em(), writer, repository, repository.generation + 1);
    const diff = new ListDiff(present);
    const skipped = await this.#write(run, source.entries, diff, next);
    const removed = diff.removedIds();
    await next.remove(removed, () => run.checkpoint());
    await next.drain();
    await analyzeEntries(this.#em(), diff.counts.added + diff.counts.changed + removed.length);
    const outcome = { ...diff.counts, removed: removed.length, skippedCount: skipped.count, skipped: skipped.listed };
    const shown = { generation: next.generation, imageCount: outcome.total, ...source.validators() };
    await this.#finish(run, repository, outcome, shown);
    await deleteEntriesInBatches(this.#em(), diff.supersededIds(), writer);
  }

  async undo(run: TaskRun, failure: Failure): Promise<void> {
    const { repositoryId } = run.task.instructions as unknown as RefreshInstructions;
    const before = await this.#em().findOne(ImageRepository, repositoryId, { fields: ['generation'] });
    // Before the failure is recorded: from then on another load may write the same generation.
    if (before !== null) (await readCurrentGeneration(this.#em(), repositoryId, before.generation))[Symbol.dispose]();
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      if (!(await failTask(tx, run.task.id, failure, announce))) return;
      // That somebody may not load it is no fault of the repository.
      const failed = failure.status === 'FAILED' && failure.code !== 'FORBIDDEN';
      const outcome = failed ? sqlText`status = 'FAILED', error = ${failure.message}` : sqlText`status = ${STATUS_BEFORE_REFRESH}`;
      await writeRows(tx, sqlText`update image_repository set ${outcome} where id = ${repositoryId}`);
      announce({ type: 'repository', repositoryId });
    });
  }

  #em(): SqlEntityManager {
    return this.services.database.em.fork();
  }

  async #repositoryOf(run: TaskRun): Promise<ImageRepository> {
    const { repositoryId } = run.task.instructions as unknown as RefreshInstructions;
    const row = await this.#em().findOne(ImageRepository, { id: repositoryId, retired: false });
    if (row === null) throw notFound('image repository', String(run.task.instructions['repositoryId']));
    return row;
  }

  async #open(repository: ImageRepository, signal: AbortSignal): Promise<RepositoryList | null> {
    if (repository.isLocal) return { entries: readLocalEntries(this.services.store, this.#check), validators: () => ({ etag: null, lastModified: null }) };
    // What was stored must be a whole list before "not modified" may stand for it.
    const isWhole = repository.lastUpdate !== null && repository.error === null;
    const { etag, lastModified } = isWhole ? repository : {};
    const list = await this.services.imgapi.listImages(repository.url, {
      signal,
      trustedHosts: await trustedHosts(this.#em()),
      ...(etag && { etag }),
      ...(lastModified && { lastModified }),
    });
    if (list.notModified) return null;
    return {
      entries: readRemoteEntries(list.entries),
      validators: () => ({ etag: list.etag ?? null, lastModified: list.lastModified ?? null }),
    };
  }

  async #write(run: TaskRun, batches: AsyncGenerator<ListEntryResult[]>, diff: ListDiff, next: StagingGeneration): Promise<SkippedEntries> {
    const skipped = new SkippedEntries();
    const turns = new EventLoopYield();
    for await (const entries of batches) {
      run.checkpoint();
      await turns.give();
      for (const entry of entries) {
        if ('offer' in entry) take(entry.offer, diff, next, skipped);
        else skipped.add(entry.uuid, entry.reason);
        if (next.isFull) await next.flush();
      }
    }
    await next.flush();
    return skipped;
  }

  /** Shows the new list and ends the task in one step. */
  async #finish(run: TaskRun, repository: RefreshedRepository, outcome: RefreshResult, shown: Partial<ImageRepository>): Promise<void> {
    await run.commitToPublish({});
    const { added, changed, removed, skippedCount, skipped } = outcome;
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      const detail = { url: shownUrl(repository.url), added, changed, removed, skippedCount, skipped };
      if (!(await run.succeed(tx, announce, { detail }))) return;
      const same = { id: repository.id, url: repository.url, retired: false };
      const state = { ...shown, status: 'OK', error: null, lastUpdate: new Date() } as const;
      if ((await tx.nativeUpdate(ImageRepository, same, state)) === 0) throw notFound('image repository', repository.name);
      announce({ type: 'repository', repositoryId: repository.id });
    });
  }
}

function take(offer: RemoteManifest, diff: ListDiff, next: StagingGeneration, skipped: SkippedEntries): void {
  const { uuid } = offer.manifest;
  const hash = contentHash(offer);
  const found = diff.classify(uuid, hash);
  if (found.kind === 'duplicate') skipped.add(uuid, `The list has ${uuid} more than once; the first entry counts.`);
  if (found.kind === 'added') next.add(remoteManifestColumns(offer, hash));
  if (found.kind === 'changed') next.add(remoteManifestColumns(offer, hash), found.replaces);
}
