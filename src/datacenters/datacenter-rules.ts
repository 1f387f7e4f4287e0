import { AppError, badInput, blame } from '../platform/errors.js';
import { amongIds, readRows } from '../platform/database/read/read-rows.js';
import type { Reads } from '../platform/database/read/reads.js';
import { sqlText } from '../platform/database/sql-text.js';
import { DEFAULT_DATACENTER } from './datacenter.entity.js';

/** How many servers each of these datacenters has, in one statement. */
export async function countServers(em: Reads, datacenterIds: readonly number[]): Promise<number[]> {
  const text = sqlText`select s.datacenter_id, count(*) as total from virtual_server s where ${amongIds(em, 's.datacenter_id', datacenterIds)} group by s.datacenter_id`;
  const totals = new Map(await readRows<[id: number, total: number | string]>(em, text));
  return datacenterIds.map((id) => Number(totals.get(id) ?? 0));
}

/** Why a datacenter cannot be deleted, whoever asks; null when it can. */
export function deletionRefusal(name: string, servers: number): AppError | null {
  if (name === DEFAULT_DATACENTER) return badInput([{ path: 'name', code: 'NOT_ACCEPTED', params: { value: name }, message: 'The default datacenter main cannot be deleted.' }]);
  if (servers === 0) return null;
  const count = servers === 1 ? '1 server' : `${servers} servers`;
  return blame(new AppError('DATACENTER_NOT_EMPTY', `Datacenter ${name} has ${count}; unregister or move them first.`), { name });
}
