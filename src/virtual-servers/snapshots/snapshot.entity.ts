import { defineEntity, p } from '@mikro-orm/core';
import { InstantType } from '../../platform/database/column-types.js';
import { VirtualServer } from '../virtual-server.entity.js';

export const SNAPSHOT_STATUS = ['OK', 'PENDING', 'ROLLBACK', 'LOST'] as const;

const SnapshotSchema = defineEntity({
  name: 'Snapshot',
  tableName: 'snapshot',
  properties: {
    id: p.integer().primary(),
    server: () => p.manyToOne(VirtualServer).ref().deleteRule('cascade'),
    name: p.string().length(64),
    diskId: p.integer(),
    sizeMib: p.integer(),
    status: p.enum(SNAPSHOT_STATUS).default('OK'),
    dataUrl: p.string().length(1024).nullable(),
    createdAt: p.type(InstantType).$type<Date>().onCreate(() => new Date()),
  },
  uniques: [{ name: 'snapshot_key_unique', properties: ['server', 'diskId', 'name'] }],
  checks: [
    { name: 'snapshot_disk_id_positive', expression: 'disk_id >= 1' },
    { name: 'snapshot_size_not_negative', expression: 'size_mib >= 0' },
  ],
});

/** A snapshot of one disk of a server; its bytes can be read from `dataUrl`. */
export class Snapshot extends SnapshotSchema.class {}
SnapshotSchema.setClass(Snapshot);
