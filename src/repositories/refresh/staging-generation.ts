import { AdaptiveBatchSize } from '../../platform/scheduling/adaptive-batch-size.js';
import type { BatchWriter } from '../../platform/database/batch-writer.js';
import { isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import { sqlConstant, sqlText } from '../../platform/database/sql-text.js';
import { type Attempt, isPresentAttempt } from '../../tasks/runner/claims.js';
import { notFound } from '../../platform/errors.js';
import { OPEN_GENERATION } from '../entries/repository-image.entity.js';
import type { ImageRepository } from '../image-repository.entity.js';
import { closeEntries, WRITER_BATCHES } from './entry-writes.js';
import { indexRemoteManifests, insertRemoteManifests, rowsPerInsert, type StagedManifest } from './insert-remote-manifests.js';
import type { RemoteManifestColumns } from './remote-manifest.js';

/** The repository as it was when its refresh began, and the attempt that refreshes it: once that is not the present one, it writes nothing. */
export type RefreshedRepository = Pick<ImageRepository, 'id' | 'name' | 'url'> & { attempt?: Attempt };

/** Manifests per batch, in characters: a few large ones must not take longer than many small ones. */
const MAX_BATCH_CHARACTERS = 1024 * 1024;

/**
 * Writes the next generation of a list beside the current one, in small transactions that overlap with reading the list.
 * Readers see nothing of it until the repository's generation number is raised.
 */
export class StagingGeneration {
  #pending: StagedManifest[] = [];
  /** Rows of the next batch that the writer has already got. */
  #queuedRows = 0;
  /** Of all manifests of the next batch. */
  #characters = 0;
  #lastWrite: Promise<void> = Promise.resolve();
  readonly #batchSize = new AdaptiveBatchSize(WRITER_BATCHES);
  readonly #rowsPerInsert: number;

  constructor(
    private readonly em: SqlEntityManager,
    private readonly writer: BatchWriter,
    private readonly repository: RefreshedRepository,
    readonly number: number,
  ) {
    this.#rowsPerInsert = rowsPerInsert(em);
  }

  /** Whether the batch is full, so that `flush` must be called. */
  get isFull(): boolean {
    return this.#queuedRows + this.#pending.length >= this.#batchSize.rows || this.#characters >= MAX_BATCH_CHARACTERS;
  }

  /** Adds an entry; `replaces` is the row of the current generation that it supersedes. */
  add(row: RemoteManifestColumns, replaces: number | null = null): void {
    this.#pending.push({ row, replaces });
    this.#characters += row.manifest.length;
    if (this.#pending.length >= this.#rowsPerInsert) this.#queueInserts();
  }

  /** Starts to write the batch, as soon as the one before it is written. */
  async flush(): Promise<void> {
    this.#queueInserts();
    if (this.#queuedRows === 0) return;
    this.writer.add(indexRemoteManifests(this.em, this.#queuedRows));
    [this.#queuedRows, this.#characters] = [0, 0];
    await this.#startWrite();
  }

  /** Leaves rows of the current generation out of this one. */
  async remove(ids: Float64Array, checkpoint: () => void): Promise<void> {
    for (let at = 0; at < ids.length; ) {
      checkpoint();
      const batch = [...ids.subarray(at, at + this.#batchSize.rows)];
      at += batch.length;
      this.#close(batch);
      await this.#startWrite();
    }
  }

  /** Resolves once everything is written; to be awaited before the generation is shown. */
  async drain(): Promise<void> {
    await this.#lastWrite;
  }

  /** Hands rows to the writer early: rows that wait here for a whole batch would leave V8's cheap young generation. */
  #queueInserts(): void {
    const manifests = this.#pending;
    this.#pending = [];
    if (manifests.length === 0) return;
    this.#queuedRows += manifests.length;
    this.#close(manifests.flatMap(({ replaces }) => replaces ?? []));
    this.writer.add(insertRemoteManifests(this.em, { repositoryId: this.repository.id, from: this.number, to: OPEN_GENERATION }, manifests));
  }

  #close(ids: readonly number[]): void {
    if (ids.length > 0) this.writer.add([closeEntries(this.em, ids, this.number)]);
  }

  async #startWrite(): Promise<void> {
    await this.#lastWrite;
    this.#lastWrite = this.#writeBatch();
    // Not an unhandled rejection: the next batch or `drain` awaits the same promise and throws.
    this.#lastWrite.catch(() => undefined);
  }

  async #writeBatch(): Promise<void> {
    const { id, name, url, attempt } = this.repository;
    // The settings may remove the repository or change its URL meanwhile; its refresh must then write nothing more.
    const isConfigured = sqlText`r.id = ${id} and r.url = ${url} and not r.retired`;
    const written = await this.writer.write(
      // The lock keeps another attempt from beginning before this batch is committed.
      attempt === undefined
        ? sqlText`select 1 from image_repository r where ${isConfigured}`
        : sqlText`select 1 from image_repository r, task where ${isConfigured} and ${isPresentAttempt(attempt)}${sqlConstant(isSqlite(this.em) ? '' : ' for share of task')}`,
    );
    if (written === null) throw notFound('image repository', name);
    this.#batchSize.adjust(written);
  }
}
