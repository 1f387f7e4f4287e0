import { defineEntity, p } from '@mikro-orm/core';
import { JsonTextType } from '../../platform/database/column-types.js';
import { VirtualServer } from '../../virtual-servers/virtual-server.entity.js';

const GlobalSettingsSchema = defineEntity({
  name: 'GlobalSettings',
  tableName: 'global_settings',
  properties: {
    id: p.integer().primary().autoincrement(false),
    imageServer: () => p.manyToOne(VirtualServer).ref().nullable().deleteRule('no action').index(),
    imageServerNic: p.integer().default(1),
    /** The id of the image store that the catalogue was written with; null before the first start with a store, and without hyphens until the store has it. */
    storeId: p.string().length(36).nullable(),
    imageSources: p.type(JsonTextType<string[]>).$type<string[]>(),
  },
  checks: [
    { name: 'global_settings_single_row', expression: 'id = 1' },
    { name: 'global_settings_nic_positive', expression: 'image_server_nic >= 1' },
  ],
});

/** The one row of global settings. VMS_IMAGE_REPOSITORIES has a table of its own, `image_repository`. */
export class GlobalSettings extends GlobalSettingsSchema.class {}
GlobalSettingsSchema.setClass(GlobalSettings);
