import type { SqlEntityManager } from '../../platform/database/database.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';

/** Uuids of images with an open task: a sweep of the store must leave their files alone. */
export async function unfinishedImports(em: SqlEntityManager): Promise<ReadonlySet<string>> {
  const statement = sqlText`select i.uuid from image i join task t on t.image_id = i.id where t.finished_at is null`;
  return new Set((await readRows<[uuid: string]>(em, statement)).map(([uuid]) => uuid));
}
