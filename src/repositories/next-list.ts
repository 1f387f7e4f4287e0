import { sql } from 'kysely';
import { type SqlEntityManager, statements } from '../platform/database.js';
import { notFound } from '../platform/errors.js';
import type { Statement, StepWriter } from '../platform/step-writer.js';
import { closeOf, WRITING } from './generations.js';
import { insertOffers, type NextOffer } from './insert-offers.js';
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

/** Characters of manifests per step: one of large ones must not take longer than one of many. */
const STEP_CHARACTERS = 1024 * 1024;

/**
 * Writes the next generation of a list in small transactions beside the present one, each while the next is read. Nothing
 * of it can be seen until the generation of the repository is raised.
 */
export class NextList {
  /** Rows that the next list has no more. */
  readonly past: number[] = [];
  #offers: NextOffer[] = [];
  #characters = 0;
  #going: Promise<void> = Promise.resolve();
  readonly #pace = new Pace(WRITING);

  constructor(
    private readonly em: SqlEntityManager,
    private readonly writer: StepWriter,
    private readonly repository: LoadedRepository,
    readonly generation: number,
  ) {}

  /** True once `flush` is due. */
  get isFull(): boolean {
    return this.#offers.length >= this.#pace.rows || this.#characters >= STEP_CHARACTERS;
  }

  /** Adds an entry, in place of the row `replaces` if that is given. */
  add(row: OfferColumns, replaces: number | null = null): void {
    this.#offers.push({ row, replaces });
    this.#characters += row.manifest.length;
  }

  /** Begins to write what was added, once the step before it is written. */
  async flush(): Promise<void> {
    const offers = this.#offers;
    [this.#offers, this.#characters] = [[], 0];
    if (offers.length === 0) return;
    const range = { repositoryId: this.repository.id, from: this.generation, to: OPEN_GENERATION };
    await this.#begin([...this.#close(offers.flatMap(({ replaces }) => replaces ?? [])), ...insertOffers(this.em, range, offers)]);
  }

  async remove(ids: readonly number[], checkpoint: () => void): Promise<void> {
    for (let at = 0; at < ids.length; ) {
      checkpoint();
      const some = ids.slice(at, at + this.#pace.rows);
      at += some.length;
      await this.#begin(this.#close(some));
    }
  }

  /** To be awaited before the list is shown. */
  async settle(): Promise<void> {
    await this.#going;
  }

  #close(ids: readonly number[]): Statement[] {
    if (ids.length === 0) return [];
    for (const id of ids) this.past.push(id);
    return [closeOf(this.em, ids, this.generation)];
  }

  async #begin(work: readonly Statement[]): Promise<void> {
    await this.#going;
    this.#going = this.#step(work);
    // Whoever waits next is told.
    this.#going.catch(() => undefined);
  }

  async #step(work: readonly Statement[]): Promise<void> {
    const { id, name, url } = this.repository;
    // Settings may drop or re-point a repository at any time; its load then ends without effect.
    const isThere = sql`select 1 from image_repository where id = ${id} and url = ${url} and not retired`.compile(statements(this.em));
    const written = await this.writer.write(work, isThere);
    if (written === null) throw notFound('image repository', name);
    this.#pace.learn(written);
  }
}
