import { defineEntity, p } from '@mikro-orm/core';

const ImageListVersionSchema = defineEntity({
  name: 'ImageListVersion',
  tableName: 'image_list_version',
  properties: {
    id: p.integer().primary().autoincrement(false),
    version: p.string().length(64),
  },
  checks: [{ name: 'image_list_version_single_row', expression: 'id = 1' }],
});

/**
 * A single row, whose `version` changes whenever the manifest of any image does. Triggers of the database draw it at random, so that no
 * version comes back: not in a catalogue that was created anew, and not in one restored from a backup.
 */
export class ImageListVersion extends ImageListVersionSchema.class {}
ImageListVersionSchema.setClass(ImageListVersion);
