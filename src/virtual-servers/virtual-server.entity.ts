import { defineEntity, p } from '@mikro-orm/core';
import { User } from '../access/people/user.entity.js';
import { Datacenter } from '../datacenters/datacenter.entity.js';
import { OS_TYPES } from '../imgapi/os-type.js';
import { InstantType, JsonTextType } from '../platform/database/column-types.js';
import { comparisonKey } from '../platform/display-text.js';
import { VirtualDisk } from './disks/virtual-disk.entity.js';

export const SERVER_STATUS = [
  'RUNNING',
  'STOPPED',
  'STOPPING',
  'FROZEN',
  'PENDING',
  'CREATING',
  'ERROR',
  'NOT_CREATED',
] as const;

const VirtualServerSchema = defineEntity({
  name: 'VirtualServer',
  tableName: 'virtual_server',
  properties: {
    id: p.integer().primary(),
    uuid: p.string().length(36).unique(),
    hostname: p.string().length(128).unique(),
    // Unique, so that no two names differ in case only.
    hostnameKey: p.text().nullable().unique().onCreate((row) => comparisonKey(row.hostname)),
    datacenter: () => p.manyToOne(Datacenter).ref().deleteRule('no action').index(false),
    owner: () => p.manyToOne(User).ref().deleteRule('no action').index(false),
    osType: p.enum(OS_TYPES),
    status: p.enum(SERVER_STATUS).default('NOT_CREATED'),
    tags: p.type(JsonTextType<string[]>).$type<string[]>(),
    addresses: p.type(JsonTextType<string[]>).$type<string[]>(),
    disks: () => p.oneToMany(VirtualDisk).mappedBy('server').orphanRemoval().orderBy({ diskId: 'asc' }),
    createdAt: p.type(InstantType).$type<Date>().onCreate(() => new Date()),
  },
  indexes: [
    { name: 'virtual_server_datacenter_index', properties: ['datacenter', 'hostname'] },
    { name: 'virtual_server_owner_index', properties: ['owner', 'datacenter'] },
    { name: 'virtual_server_os_type_index', properties: ['datacenter', 'osType'] },
    { name: 'virtual_server_status_index', properties: ['datacenter', 'status'] },
  ],
});

/** A virtual server as the compute side reported it. `tags` are its own; the API adds those of its images. */
export class VirtualServer extends VirtualServerSchema.class {}
VirtualServerSchema.setClass(VirtualServer);
