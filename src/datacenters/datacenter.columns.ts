import { joinTexts, type SqlText, sqlText } from '../platform/database/sql-text.js';
import type { Big } from '../platform/database/tables.js';
import { DEFAULT_DATACENTER } from './datacenter.entity.js';
import type { DatacenterAccess } from './datacenter.enums.js';
import type { DatacenterType } from './datacenter.type.js';

/** A row of `datacenter` as statements read it. */
export interface DatacenterRow {
  id: number;
  name: string;
  alias: string;
  access: DatacenterAccess;
  owner_id: number;
  description: string;
  vms_image_limit: number | null;
  created_at: Big;
}

const COLUMNS: Readonly<Record<keyof DatacenterRow, SqlText>> = {
  id: sqlText`d.id`,
  name: sqlText`d.name`,
  alias: sqlText`d.alias`,
  access: sqlText`d.access`,
  owner_id: sqlText`d.owner_id`,
  description: sqlText`d.description`,
  vms_image_limit: sqlText`d.vms_image_limit`,
  created_at: sqlText`d.created_at`,
};

/** The columns of DatacenterRow, of a table with the alias `d`. */
export const DATACENTER_COLUMNS = joinTexts(Object.values(COLUMNS), ', ');

/** The object type of a row. */
export function toDatacenter(row: DatacenterRow): DatacenterType {
  return {
    id: row.id,
    ownerId: row.owner_id,
    vmsImageLimit: row.vms_image_limit,
    name: row.name,
    alias: row.alias,
    access: row.access,
    description: row.description,
    isDefault: row.name === DEFAULT_DATACENTER,
    createdAt: Number(row.created_at),
  };
}
