import { sql } from 'kysely';
import { type Database, type SqlEntityManager, statements } from '../platform/database.js';
import { notFound } from '../platform/errors.js';
import type { Checkpoints } from '../platform/checkpoints.js';
import { closeRows } from './generations.js';
import { OfferInserter } from './insert-offers.js';
import type { OfferColumns } from './offer.js';
import { Pace } from './pace.js';
import { OPEN_GENERATION } from './repository-image.entity.js';

/** The repository as it was when its load began. */
export interface LoadedRepository {
  id: number;
  name: string;
  url: string;
  isLocal: boolean;
  generation: number;
}

/** Characters of manifests per batch: a batch of large ones must not take longer than one of many. */
const BATCH_CHARACTERS = 256 * 1024;

/** Settings may drop or re-point a repository at any time; its load then ends without effect. */
async function requireStillThere(tx: SqlEntityManager, { id, name, url }: LoadedRepository): Promise<void> {
  const found = await sql`select 1 from image_repository where id = ${id} and url = ${url} and not retired`.execute(statements(tx));
  if (found.rows.length === 0) throw notFound('image repository', name);
}

/**
 * Writes the next generation of a list in small transactions beside the present one. Nothing of it can be seen until
 * the generation of the repository is raised.
 */
export class NextList {
  #rows: OfferColumns[] = [];
  #replaced: number[] = [];
  #characters = 0;
  readonly #pace: Pace;
  readonly #inserter: OfferInserter;

  constructor(
    private readonly database: Database,
    private readonly repository: LoadedRepository,
    readonly generation: number,
    checkpoints: Checkpoints | null = null,
  ) {
    this.#pace = new Pace(checkpoints);
    this.#inserter = new OfferInserter({ repositoryId: repository.id, from: generation, to: OPEN_GENERATION });
  }

  /** True once `flush` is due. */
  get isFull(): boolean {
    return this.#rows.length >= this.#pace.rows || this.#characters >= BATCH_CHARACTERS;
  }

  /** Adds an entry, in place of the row `replaces` if that is given. */
  add(row: OfferColumns, replaces?: number): void {
    this.#rows.push(row);
    this.#characters += row.manifest.length;
    if (replaces !== undefined) this.#replaced.push(replaces);
  }

  async remove(ids: readonly number[], checkpoint: () => void): Promise<void> {
    for (let at = 0; at < ids.length; ) {
      checkpoint();
      const some = ids.slice(at, at + this.#pace.rows);
      await this.#step(async (tx) => closeRows(tx, some, this.generation));
      at += some.length;
    }
  }

  async flush(): Promise<void> {
    const [rows, replaced] = [this.#rows, this.#replaced];
    [this.#rows, this.#replaced, this.#characters] = [[], [], 0];
    if (rows.length === 0) return;
    await this.#step(async (tx) => {
      if (replaced.length > 0) await closeRows(tx, replaced, this.generation);
      await this.#inserter.insert(tx, rows);
    });
  }

  async #step(work: (tx: SqlEntityManager) => Promise<void>): Promise<void> {
    const em = this.database.em.fork();
    await this.#pace.step(async () =>
      em.transactional(async (tx) => {
        await requireStillThere(tx, this.repository);
        await work(tx);
      }),
    );
  }
}
