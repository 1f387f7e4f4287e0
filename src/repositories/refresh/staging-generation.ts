import type { SqlEntityManager } from '../../platform/database/database.js';
import { notFound } from '../../platform/errors.js';
import { sqlText } from '../../platform/database/sql-text.js';
import type { BatchWriter } from '../../platform/database/batch-writer.js';
import { closeEntries, WRITER_BATCHES } from './current-generation.js';
import { indexRemoteManifests, insertRemoteManifests, type StagedManifest, rowsPerInsert } from './insert-remote-manifests.js';
import type { RemoteManifestColumns } from './remote-manifest.js';
import { AdaptiveBatchSize } from './adaptive-batch-size.js';
import { OPEN_GENERATION } from '../entries/repository-image.entity.js';

/** The repository as it was when its load began. */
export interface RefreshedRepository {
  id: number;
  name: string;
  url: string;
  isLocal: boolean;
  generation: number;
}

/** Characters of manifests per step: one of large ones must not take longer than one of many. */
const MAX_BATCH_CHARACTERS = 1024 * 1024;

/**
 * Writes the next generation of a list in small transactions beside the present one, each while the next is read. Nothing
 * of it can be seen until the generation of the repository is raised.
 */
export class StagingGeneration {
  #offers: StagedManifest[] = [];
  /** Rows of the next step that the writer has already. */
  #rows = 0;
  #characters = 0;
  #going: Promise<void> = Promise.resolve();
  readonly #pace = new AdaptiveBatchSize(WRITER_BATCHES);
  readonly #together: number;

  constructor(
    private readonly em: SqlEntityManager,
    private readonly writer: BatchWriter,
    private readonly repository: RefreshedRepository,
    readonly generation: number,
  ) {
    this.#together = rowsPerInsert(em);
  }

  /** True once `flush` is due. */
  get isFull(): boolean {
    return this.#rows + this.#offers.length >= this.#pace.rows || this.#characters >= MAX_BATCH_CHARACTERS;
  }

  /** Adds an entry, in place of the row `replaces` if that is given. */
  add(row: RemoteManifestColumns, replaces: number | null = null): void {
    this.#offers.push({ row, replaces });
    this.#characters += row.manifest.length;
    if (this.#offers.length >= this.#together) this.#pass();
  }

  /** Begins to write what was added, once the step before it is written. */
  async flush(): Promise<void> {
    this.#pass();
    if (this.#rows === 0) return;
    this.writer.add(indexRemoteManifests(this.em, this.#rows));
    [this.#rows, this.#characters] = [0, 0];
    await this.#begin();
  }

  async remove(ids: Float64Array, checkpoint: () => void): Promise<void> {
    for (let at = 0; at < ids.length; ) {
      checkpoint();
      const some = [...ids.subarray(at, at + this.#pace.rows)];
      at += some.length;
      this.#close(some);
      await this.#begin();
    }
  }

  /** To be awaited before the list is shown. */
  async drain(): Promise<void> {
    await this.#going;
  }

  /** Rows that wait here for a whole step would outlive the collections that are cheap. */
  #pass(): void {
    const offers = this.#offers;
    this.#offers = [];
    if (offers.length === 0) return;
    this.#rows += offers.length;
    this.#close(offers.flatMap(({ replaces }) => replaces ?? []));
    this.writer.add(insertRemoteManifests(this.em, { repositoryId: this.repository.id, from: this.generation, to: OPEN_GENERATION }, offers));
  }

  #close(ids: readonly number[]): void {
    if (ids.length > 0) this.writer.add([closeEntries(this.em, ids, this.generation)]);
  }

  async #begin(): Promise<void> {
    await this.#going;
    this.#going = this.#step();
    // Whoever waits next is told.
    this.#going.catch(() => undefined);
  }

  async #step(): Promise<void> {
    const { id, name, url } = this.repository;
    // Settings may drop or re-point a repository at any time; its load then ends without effect.
    const isThere = sqlText`select 1 from image_repository where id = ${id} and url = ${url} and not retired`;
    const written = await this.writer.write(isThere);
    if (written === null) throw notFound('image repository', name);
    this.#pace.adjust(written);
  }
}
