import { sql } from 'kysely';
import { type SqlEntityManager, statements } from '../../platform/database.js';

/** Uuids of images whose bytes may still arrive: what a sweep of the store must leave alone. */
export async function unfinishedImports(em: SqlEntityManager): Promise<ReadonlySet<string>> {
  const statement = sql<{ uuid: string }>`select i.uuid from image i join task t on t.image_id = i.id where t.finished_at is null`;
  return new Set((await statement.execute(statements(em))).rows.map((row) => row.uuid));
}
