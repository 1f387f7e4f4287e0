/**
 * What a user amounts to in one datacenter, weakest first; each level holds everything below it. `access`: may see the
 * datacenter. `dcAdmin`: ADMIN. `imageAdmin`: and IMAGE_ADMIN. `importer`: and IMAGE_IMPORT_ADMIN. `superAdmin`: the user
 * itself is one, everywhere.
 */
export const LEVELS = ['access', 'dcAdmin', 'imageAdmin', 'importer', 'superAdmin'] as const;
export type Level = (typeof LEVELS)[number];

/**
 * Where the level is needed. `datacenter`: in the one that the request names. `anyDatacenter`: in at least one.
 * `attachedDatacenter`: in at least one that the image is attached to. `boundDatacenter`: in the one the image is bound to;
 * an unbound image has none, so only a SuperAdmin passes. `everywhere`: not a matter of datacenters.
 */
export type Place = 'datacenter' | 'anyDatacenter' | 'attachedDatacenter' | 'boundDatacenter' | 'everywhere';

export interface Requirement {
  level: Level;
  place: Place;
  /** What is done, as a sentence goes on after "You may not …". */
  phrase: string;
}

function row(level: Level, place: Place, phrase: string): Requirement {
  return { level, place, phrase };
}

/** THE permission table: what an action takes. A SuperAdmin may do everything; who may not see a row never gets this far. */
export const MATRIX = {
  'image.list': row('dcAdmin', 'datacenter', 'list the images of this datacenter'),
  'image.listAll': row('dcAdmin', 'anyDatacenter', 'list the images of all datacenters'),
  'image.listUsable': row('access', 'datacenter', 'list the usable images of this datacenter'),
  'image.inspect': row('dcAdmin', 'attachedDatacenter', 'see the management fields of this image'),
  'image.update': row('imageAdmin', 'boundDatacenter', 'update this image'),
  'image.changeBinding': row('superAdmin', 'everywhere', 'change the datacenter binding of this image'),
  'image.import': row('importer', 'datacenter', 'import an image into this datacenter'),
  'image.importUnbound': row('superAdmin', 'everywhere', 'import an image without binding it to a datacenter'),
  'image.createFromSnapshot': row('imageAdmin', 'datacenter', 'create an image from a snapshot in this datacenter'),
  'image.delete': row('imageAdmin', 'boundDatacenter', 'delete this image'),
  'image.attach': row('superAdmin', 'everywhere', 'attach images to datacenters'),
  'image.detach': row('superAdmin', 'everywhere', 'detach images from datacenters'),
  'repository.use': row('importer', 'anyDatacenter', 'use image repositories'),
  'datacenterSettings.read': row('dcAdmin', 'datacenter', 'read the settings of this datacenter'),
  'datacenterSettings.change': row('superAdmin', 'everywhere', 'change the settings of a datacenter'),
  'globalSettings.read': row('superAdmin', 'everywhere', 'read the global settings'),
  'globalSettings.change': row('superAdmin', 'everywhere', 'change the global settings'),
  'imageServer.read': row('dcAdmin', 'anyDatacenter', 'see the image server'),
  'datacenter.change': row('superAdmin', 'everywhere', 'create, update or delete datacenters'),
  'people.read': row('superAdmin', 'everywhere', 'read users and groups'),
  'people.change': row('superAdmin', 'everywhere', 'change users, groups or API keys'),
  'server.listAll': row('dcAdmin', 'datacenter', 'list the servers of other users in this datacenter'),
  'server.change': row('superAdmin', 'everywhere', 'register, update or unregister servers or snapshots'),
  'task.listAll': row('dcAdmin', 'datacenter', 'see the tasks of other users in this datacenter'),
} as const satisfies Record<string, Requirement>;

export type Action = keyof typeof MATRIX;
