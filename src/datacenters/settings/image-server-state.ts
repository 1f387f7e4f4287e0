import type { SqlEntityManager } from '../../platform/database/database.js';
import { readObjects } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';

/** The configured image server and the settings that belong to it, whoever may see them. */
export interface ImageServerState {
  serverId: number;
  uuid: string;
  hostname: string;
  status: string;
  osType: string;
  /** Which network card compute nodes talk to, counted from 1. */
  nic: number;
  /** Further image sources, in the order in which they are asked. */
  sources: string[];
  /** One address per network card. */
  addresses: string[];
}

interface Row {
  server_id: number;
  uuid: string;
  hostname: string;
  status: string;
  os_type: string;
  nic: number;
  sources: string;
  addresses: string;
}

/** The image server; null while none is configured and images are in the database only. */
export async function readImageServer(em: SqlEntityManager): Promise<ImageServerState | null> {
  const text = sqlText`select s.id as server_id, s.uuid, s.hostname, s.status, s.os_type,
    g.image_server_nic as nic, g.image_sources as sources, s.addresses
    from global_settings g join virtual_server s on s.id = g.image_server_id where g.id = 1`;
  const [row] = await readObjects<Row>(em, text);
  if (row === undefined) return null;
  const { server_id: serverId, os_type: osType, sources, addresses, ...rest } = row;
  return {
    ...rest,
    serverId,
    osType,
    sources: JSON.parse(sources) as string[], // any; the entity writes a list of texts
    addresses: JSON.parse(addresses) as string[], // likewise
  };
}
