import type { Permission } from './permission.js';

/** Permissions that count only together, all of them held in the same datacenter. */
export type PermissionSet = readonly Permission[];

/** The sets that the user guide has a name for. */
export const ROLES = {
  DCAdmin: ['ADMIN'],
  ImageAdmin: ['ADMIN', 'IMAGE_ADMIN'],
  Importer: ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'],
} as const satisfies Record<string, PermissionSet>;

/**
 * Where a set must be held. `datacenter`: in the one that the request names. `anyDatacenter`: in at least one.
 * `attachedDatacenter`: in at least one that the image is attached to. `boundDatacenter`: in the one that the image is bound
 * to; an unbound image has none, so only a SuperAdmin passes.
 */
export type Where = 'datacenter' | 'anyDatacenter' | 'attachedDatacenter' | 'boundDatacenter';

/** Alternatives: holding one of these sets is enough. */
export type Needs = readonly [PermissionSet, ...PermissionSet[]];

/** A row for those who hold at least one of the sets in `needs`. */
export interface PermissionRow {
  needs: Needs;
  where: Where;
  /** What is done, as a sentence goes on after "You may not …". */
  phrase: string;
}

/** A row in which permissions do not count: it is for SuperAdmins alone, or for every signed-in user. */
export interface AccountRow {
  needs: 'superAdmin' | 'signedIn';
  phrase: string;
}

const DC_ADMIN = [ROLES.DCAdmin] as const;
const IMAGE_ADMIN = [ROLES.ImageAdmin] as const;
const IMPORTER = [ROLES.Importer] as const;

/**
 * THE permission table: what each action needs. A SuperAdmin may do everything. Whether the row can be seen at all is decided
 * before, by the visibility of its type, which reads the same table.
 */
export const MATRIX = {
  'image.read': { needs: 'signedIn', phrase: 'see the images that you can use' },
  'image.list': { needs: DC_ADMIN, where: 'datacenter', phrase: 'list the images of this datacenter' },
  'image.listAll': { needs: DC_ADMIN, where: 'anyDatacenter', phrase: 'list the images of all datacenters' },
  'image.listUsable': { needs: 'signedIn', phrase: 'list the usable images of this datacenter' },
  'image.inspect': { needs: DC_ADMIN, where: 'attachedDatacenter', phrase: 'see the management fields of this image' },
  'image.filterByUse': { needs: DC_ADMIN, where: 'anyDatacenter', phrase: 'filter images by whether servers use them' },
  'image.update': { needs: IMAGE_ADMIN, where: 'boundDatacenter', phrase: 'update this image' },
  'image.changeBinding': { needs: 'superAdmin', phrase: 'change the datacenter binding of this image' },
  'image.import': { needs: IMPORTER, where: 'datacenter', phrase: 'import an image into this datacenter' },
  'image.importUnbound': { needs: 'superAdmin', phrase: 'import an image without binding it to a datacenter' },
  'image.createFromSnapshot': { needs: IMAGE_ADMIN, where: 'datacenter', phrase: 'create an image from a snapshot in this datacenter' },
  'image.delete': { needs: IMAGE_ADMIN, where: 'boundDatacenter', phrase: 'delete this image' },
  'image.verify': { needs: IMAGE_ADMIN, where: 'boundDatacenter', phrase: 'verify the file of this image' },
  'image.attach': { needs: 'superAdmin', phrase: 'attach images to datacenters' },
  'image.detach': { needs: 'superAdmin', phrase: 'detach images from datacenters' },
  'repository.use': { needs: IMPORTER, where: 'anyDatacenter', phrase: 'use image repositories' },
  'imageServer.read': { needs: DC_ADMIN, where: 'anyDatacenter', phrase: 'see the image server' },
  'datacenter.read': { needs: 'signedIn', phrase: 'see the datacenters that you have access to, and switch between them' },
  'datacenter.listMembers': { needs: DC_ADMIN, where: 'datacenter', phrase: 'list whom an image of this datacenter may be given to' },
  'datacenter.change': { needs: 'superAdmin', phrase: 'create, update or delete datacenters' },
  'datacenterSettings.read': { needs: DC_ADMIN, where: 'datacenter', phrase: 'read the settings of this datacenter' },
  'datacenterSettings.change': { needs: 'superAdmin', phrase: 'change the settings of a datacenter' },
  'globalSettings.read': { needs: 'superAdmin', phrase: 'read the global settings' },
  'globalSettings.change': { needs: 'superAdmin', phrase: 'change the global settings' },
  'node.read': { needs: 'signedIn', phrase: 'read what you can see by its id' },
  'viewer.read': { needs: 'signedIn', phrase: 'see your own account and permissions' },
  'people.read': { needs: 'superAdmin', phrase: 'read users and groups' },
  'people.change': { needs: 'superAdmin', phrase: 'change users or groups' },
  'apiKey.manage': { needs: 'signedIn', phrase: 'list, create and revoke your own API keys' },
  'apiKey.manageAny': { needs: 'superAdmin', phrase: 'create or revoke the API keys of other users' },
  'server.read': { needs: 'signedIn', phrase: 'see your own servers' },
  'server.listAll': { needs: DC_ADMIN, where: 'datacenter', phrase: 'list the servers of other users in this datacenter' },
  'server.change': { needs: 'superAdmin', phrase: 'register, update or unregister servers or snapshots' },
  'task.read': { needs: 'signedIn', phrase: 'see your own tasks' },
  'task.listAll': { needs: DC_ADMIN, where: 'datacenter', phrase: 'see the tasks of other users in this datacenter' },
  'task.cancel': { needs: 'signedIn', phrase: 'cancel your own tasks' },
  'task.cancelAny': { needs: 'superAdmin', phrase: 'cancel the tasks of other users' },
  'subgraph.read': { needs: 'signedIn', phrase: 'read the subgraph schema and resolve references' },
} as const satisfies Record<string, PermissionRow | AccountRow>;

export type Action = keyof typeof MATRIX;

type ActionWhere<W extends Where> = { [A in Action]: (typeof MATRIX)[A] extends { where: W } ? A : never }[Action];

/** Actions that depend on the permissions in one datacenter: the one named, bound, or one of those attached. */
export type DatacenterAction = ActionWhere<'datacenter' | 'attachedDatacenter' | 'boundDatacenter'>;
/** Actions that depend on the caller alone. */
export type CallerAction = Exclude<Action, DatacenterAction>;

/** Whether these permissions, held in one datacenter, include one of the sets. */
export function holdsOneOf(held: ReadonlySet<Permission>, needs: Needs): boolean {
  return needs.some((set) => set.every((permission) => held.has(permission)));
}

/** What is missing for the set that needs the fewest further permissions; of several such sets, for the first. */
export function missingPermissions(held: ReadonlySet<Permission>, needs: Needs): Permission[] {
  const missing = needs.map((set) => set.filter((permission) => !held.has(permission)));
  return missing.reduce((fewest, one) => (one.length < fewest.length ? one : fewest));
}

/** Whether the caller alone decides, so that the answer is known before anything is read. */
export function isCallerAction(action: Action): action is CallerAction {
  const row: PermissionRow | AccountRow = MATRIX[action];
  return !('where' in row) || row.where === 'anyDatacenter';
}

/** Every root field of the schema, and the row that says who may ask it; a field that is not here is closed. */
export const ROOT_ACTIONS = {
  Query: {
    node: 'node.read',
    nodes: 'node.read',
    viewer: 'viewer.read',
    datacenter: 'datacenter.read',
    datacenters: 'datacenter.read',
    image: 'image.read',
    images: 'image.list',
    usableImages: 'image.listUsable',
    imageServer: 'imageServer.read',
    imageRepositories: 'repository.use',
    imageRepository: 'repository.use',
    server: 'server.read',
    servers: 'server.read',
    task: 'task.read',
    tasks: 'task.read',
    globalSettings: 'globalSettings.read',
    user: 'people.read',
    users: 'people.read',
    group: 'people.read',
    groups: 'people.read',
    _service: 'subgraph.read',
    _entities: 'subgraph.read',
  },
  Mutation: {
    importImage: 'image.import',
    importRepositoryImage: 'image.import',
    createImageFromSnapshot: 'image.createFromSnapshot',
    updateImage: 'image.update',
    deleteImage: 'image.delete',
    verifyImage: 'image.verify',
    attachImage: 'image.attach',
    detachImage: 'image.detach',
    refreshImageRepository: 'repository.use',
    refreshImageRepositories: 'repository.use',
    cancelTask: 'task.cancel',
    switchDatacenter: 'datacenter.read',
    createDatacenter: 'datacenter.change',
    updateDatacenter: 'datacenter.change',
    deleteDatacenter: 'datacenter.change',
    updateDatacenterSettings: 'datacenterSettings.change',
    updateGlobalSettings: 'globalSettings.change',
    addImageRepository: 'globalSettings.change',
    updateImageRepository: 'globalSettings.change',
    removeImageRepository: 'globalSettings.change',
    createUser: 'people.change',
    updateUser: 'people.change',
    createGroup: 'people.change',
    updateGroup: 'people.change',
    deleteGroup: 'people.change',
    createApiKey: 'apiKey.manage',
    revokeApiKey: 'apiKey.manage',
    registerServer: 'server.change',
    updateServer: 'server.change',
    unregisterServer: 'server.change',
    registerSnapshot: 'server.change',
    unregisterSnapshot: 'server.change',
  },
  Subscription: {
    imageChanged: 'image.read',
    taskChanged: 'task.read',
    imageRepositoryChanged: 'repository.use',
  },
} as const satisfies Record<'Query' | 'Mutation' | 'Subscription', Record<string, Action>>;

type Fields = typeof ROOT_ACTIONS;
export type RootField = { [T in keyof Fields]: keyof Fields[T] }[keyof Fields];

/** Names of the root fields that only a SuperAdmin gets an answer from. */
export function superAdminFields(): Set<string> {
  const fields = [ROOT_ACTIONS.Query, ROOT_ACTIONS.Mutation, ROOT_ACTIONS.Subscription].flatMap((type) => Object.entries<Action>(type));
  return new Set(fields.filter(([, action]) => MATRIX[action].needs === 'superAdmin').map(([field]) => field));
}
