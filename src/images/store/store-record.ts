import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { writeRows } from '../../platform/database/write-rows.js';
import type { FileKey } from '../../platform/store/file-key.js';
import type { StoreRecord } from '../../platform/store/store-identity.js';

/** The record of the store in the database of the catalogue. */
export function storeRecordOf(database: Database): StoreRecord {
  const em = (): SqlEntityManager => database.em.fork();
  return {
    readId: async () => readStoreRecord(em()),
    recordId: async (id) => {
      const statement = sqlText`update global_settings set store_id = ${id} where id = 1 and store_id is null`;
      await inTransaction(em(), async (tx) => writeRows(tx, statement));
      return (await readStoreRecord(em())) ?? id;
    },
    filesInStore: async (limit) => filesOfImages(em(), limit),
  };
}

/** Records that the catalogue goes on with another store. */
export async function replaceStoreId(em: SqlEntityManager, id: string): Promise<void> {
  await inTransaction(em, async (tx) => writeRows(tx, sqlText`update global_settings set store_id = ${id} where id = 1`));
}

/** Keys of the files of images, the newest image first. */
export async function filesOfImages(em: SqlEntityManager, limit: number): Promise<FileKey[]> {
  const statement = sqlText`select uuid, file_key from image where file_sha1 is not null order by created_at desc, id desc limit ${limit}`;
  return (await readRows<[uuid: string, attempt: string | null]>(em, statement)).map(([uuid, attempt]) => ({ uuid, attempt }));
}

async function readStoreRecord(em: SqlEntityManager): Promise<string | null> {
  const [row] = await readRows<[id: string | null]>(em, sqlText`select store_id from global_settings where id = 1`);
  return row?.[0] ?? null;
}
