import type { Viewer } from '../../access/viewer.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { readObjects } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import type { DatacenterType } from '../datacenter.type.js';
import type { DatacenterSettingsType, GlobalSettingsType } from './settings.type.js';

interface Row {
  image_server_id: number | null;
  image_server_nic: number;
  image_sources: string;
}

/** Reads the settings of a datacenter, and the global ones. */
export class SettingsQueries {
  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
  ) {}

  /** FORBIDDEN unless the viewer is DCAdmin there. */
  ofDatacenter(datacenter: DatacenterType): DatacenterSettingsType {
    this.viewer.demand('datacenterSettings.read', { datacenter });
    return { vmsImageLimit: datacenter.vmsImageLimit };
  }

  async global(): Promise<GlobalSettingsType> {
    this.viewer.demand('globalSettings.read');
    const statement = sqlText`select image_server_id, image_server_nic, image_sources from global_settings where id = 1`;
    const [row] = await readObjects<Row>(this.em, statement);
    return {
      imageServerId: row?.image_server_id ?? null,
      droppedRepositories: [],
      vmsImageVmNic: row?.image_server_nic ?? 1,
      vmsImageSources: JSON.parse(row?.image_sources ?? '[]') as string[], // any; the entity writes a list of texts
    };
  }
}
