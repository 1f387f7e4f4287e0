import { type RawBuilder, sql } from 'kysely';
import { isSqlite, type SqlEntityManager, statements } from '../platform/database.js';
import type { Checkpoints } from '../platform/checkpoints.js';
import { PresentList } from './diff.js';
import { Pace } from './pace.js';
import { OPEN_GENERATION } from './repository-image.entity.js';

interface EntryRow {
  id: number;
  uuid: string;
  from_generation: number;
  to_generation: number;
  content_hash: string;
}

type Place = readonly [uuid: string, fromGeneration: number];

/**
 * The list that readers see, by uuid. On the way, what an unfinished load left behind is taken back: its rows are
 * deleted, and those that it was about to replace are open again. Only for who has the repository's one load.
 */
export async function readPresent(em: SqlEntityManager, repositoryId: number, generation: number): Promise<PresentList> {
  const present = new PresentList();
  const pace = new Pace();
  let after: Place | null = ['', 0];
  while (after !== null) {
    const place: Place = after;
    after = await pace.step(async () => {
      const rows = await readRows(em, repositoryId, place, pace.rows);
      for (const { id, uuid, content_hash, ...row } of rows) {
        if (row.from_generation <= generation && generation < row.to_generation) present.add(uuid, id, content_hash);
      }
      await takeBack(em, rows, generation);
      const last = rows.at(-1);
      return last === undefined ? null : ([last.uuid, last.from_generation] as const);
    });
  }
  return present;
}

async function readRows(em: SqlEntityManager, repositoryId: number, [uuid, from]: Place, limit: number): Promise<EntryRow[]> {
  const statement = sql<EntryRow>`select o.id, o.uuid, o.from_generation, o.to_generation, o.content_hash
    from repository_image o where o.repository_id = ${repositoryId} and (o.uuid, o.from_generation) > (${uuid}, ${from})
    order by o.uuid, o.from_generation limit ${limit}`;
  return (await statement.execute(statements(em))).rows;
}

async function takeBack(em: SqlEntityManager, rows: readonly EntryRow[], generation: number): Promise<void> {
  const written = rows.filter((row) => row.from_generation > generation);
  const closed = rows.filter((row) => row.from_generation <= generation && row.to_generation > generation && row.to_generation !== OPEN_GENERATION);
  if (written.length > 0) await deleteRows(em, written.map((row) => row.id));
  if (closed.length > 0) await closeRows(em, closed.map((row) => row.id), OPEN_GENERATION);
}

/** Lets rows end with a generation, the first that does not show them. */
export async function closeRows(em: SqlEntityManager, ids: readonly number[], toGeneration: number): Promise<void> {
  await sql`update repository_image set to_generation = ${toGeneration} where id in (${listed(em, ids)})`.execute(statements(em));
}

async function deleteRows(em: SqlEntityManager, ids: readonly number[]): Promise<void> {
  await sql`delete from repository_image where id in (${listed(em, ids)})`.execute(statements(em));
}

/** As one parameter, so that the statement is the same for any number of ids. */
function listed(em: SqlEntityManager, ids: readonly number[]): RawBuilder<unknown> {
  const list = JSON.stringify(ids);
  return isSqlite(em) ? sql`select value from json_each(${list})` : sql`select value::int from json_array_elements_text(${list}::json)`;
}

/** From how many changed rows on the statistics of the table are taken anew. */
const MANY_ROWS = 1000;

/**
 * Lets Postgres count what a large load has changed. By itself it looks after a minute, and plans without it read the whole
 * list for each page of it.
 */
export async function countAnew(em: SqlEntityManager, changedRows: number): Promise<void> {
  if (changedRows >= MANY_ROWS && !isSqlite(em)) await sql`analyze repository_image`.execute(statements(em));
}

/** Deletes what no reader sees any more, in small steps. */
export async function dropPast(em: SqlEntityManager, repositoryId: number, checkpoints: Checkpoints | null = null): Promise<void> {
  const pace = new Pace(checkpoints);
  const present = sql`(select r.generation from image_repository r where r.id = ${repositoryId})`;
  for (let dropped = 1; dropped > 0; ) {
    dropped = await pace.step(async () => {
      const statement = sql<{ id: number }>`select o.id from repository_image o
        where o.repository_id = ${repositoryId} and o.to_generation <= ${present} limit ${pace.rows}`;
      const ids = (await statement.execute(statements(em))).rows.map((row) => row.id);
      if (ids.length > 0) await deleteRows(em, ids);
      return ids.length;
    });
  }
}
