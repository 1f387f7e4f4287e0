import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { writeRows } from '../../platform/database/write-rows.js';
import type { FileKey } from '../../platform/store/file-key.js';
import type { StoreRecord } from '../../platform/store/store-identity.js';

/** An id that is only proposed is in the same column without its hyphens. */
const PROPOSAL_LENGTH = 32;

/** The record of the store in the database of the catalogue. */
export function storeRecordOf(database: Database): StoreRecord {
  const em = (): SqlEntityManager => database.em.fork();
  return {
    readId: async () => (await readStoreId(em())).recorded,
    readProposal: async () => proposalOf(await readStoreId(em())),
    proposeId: async (id) => {
      const statement = sqlText`update global_settings set store_id = ${id.replaceAll('-', '')} where id = 1 and store_id is null`;
      await inTransaction(em(), async (tx) => writeRows(tx, statement));
      return proposalOf(await readStoreId(em())) ?? id;
    },
    recordId: async (id) => {
      const statement = sqlText`update global_settings set store_id = ${id} where id = 1 and (store_id is null or length(store_id) = ${PROPOSAL_LENGTH})`;
      await inTransaction(em(), async (tx) => writeRows(tx, statement));
      return (await readStoreId(em())).recorded ?? id;
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

interface StoreId {
  recorded: string | null;
  proposed: string | null;
}

/** Another process may have recorded it meanwhile. */
function proposalOf({ recorded, proposed }: StoreId): string | null {
  return proposed ?? recorded;
}

async function readStoreId(em: SqlEntityManager): Promise<StoreId> {
  const [row] = await readRows<[id: string | null]>(em, sqlText`select store_id from global_settings where id = 1`);
  const id = row?.[0] ?? null;
  if (id?.length !== PROPOSAL_LENGTH) return { recorded: id, proposed: null };
  return { recorded: null, proposed: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') };
}
