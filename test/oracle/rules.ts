import { type CallerAction, type DatacenterAction, MATRIX, type PermissionSet } from '../../src/access/matrix.js';
import { OWNER_PERMISSIONS, type Permission, PERMISSIONS } from '../../src/access/permission.js';
import type { DatacenterFacts, Facts, ImageFacts, ServerFacts, TaskFacts } from './facts.js';

/** What one user may see of a world: rows of the permission matrix and the rules of images, one sentence each. */
export class Rules {
  readonly isSuperAdmin: boolean;

  constructor(
    readonly facts: Facts,
    readonly username: string,
  ) {
    this.isSuperAdmin = facts.users.find((user) => user.username === username)?.isSuperAdmin === true;
  }

  groupsIn(datacenter: string): Facts['groups'] {
    return this.facts.groups.filter((group) => group.users.includes(this.username) && group.datacenters.includes(datacenter));
  }

  /** The permissions of groups that the user is in and that are attached, and what the owner holds. */
  permissions({ name, owner }: DatacenterFacts): Set<Permission> {
    if (this.isSuperAdmin) return new Set(PERMISSIONS);
    const held = this.groupsIn(name).flatMap((group) => group.permissions);
    return new Set(owner === this.username ? [...held, ...OWNER_PERMISSIONS] : held);
  }

  /** Do the user's permissions in that datacenter allow the action? */
  mayIn(action: DatacenterAction, datacenter: DatacenterFacts): boolean {
    return this.isSuperAdmin || this.#holdsIn(datacenter, MATRIX[action].needs);
  }

  /** May the user do that at all, wherever? */
  may(action: CallerAction): boolean {
    const { needs } = MATRIX[action];
    if (this.isSuperAdmin || needs === 'signedIn') return true;
    return needs !== 'superAdmin' && this.facts.datacenters.some((one) => this.#holdsIn(one, needs));
  }

  #holdsIn(datacenter: DatacenterFacts, sets: readonly PermissionSet[]): boolean {
    const held = this.permissions(datacenter);
    return sets.some((set) => set.filter((permission) => !held.has(permission)).length === 0);
  }

  /** Public, own, or with a group of the user attached, whatever that grants. */
  hasAccess(datacenter: DatacenterFacts): boolean {
    if (this.isSuperAdmin || datacenter.access === 'PUBLIC') return true;
    return datacenter.owner === this.username || this.groupsIn(datacenter.name).length > 0;
  }

  datacenter(name: string): DatacenterFacts | undefined {
    return this.facts.datacenters.find((one) => one.name === name && this.hasAccess(one));
  }

  #datacentersOf(image: ImageFacts): DatacenterFacts[] {
    return this.facts.datacenters.filter(({ name }) => image.attached.includes(name));
  }

  /** Public, or private to this user. The status of every image of these worlds is OK. */
  isUsable(image: ImageFacts): boolean {
    if (image.access === 'DELETED') return false;
    return image.access === 'PUBLIC' || this.isSuperAdmin || image.owner === this.username;
  }

  /** Deleted, and bound to a datacenter whose images the user may update. */
  isDeletedButManaged(image: ImageFacts): boolean {
    if (image.access !== 'DELETED') return false;
    return this.isSuperAdmin || this.facts.datacenters.some((one) => one.name === image.bound && this.mayIn('image.update', one));
  }

  seesImage(image: ImageFacts): boolean {
    if (this.isSuperAdmin) return true;
    if (image.access === 'DELETED') return this.isDeletedButManaged(image);
    const places = this.#datacentersOf(image);
    return places.some((one) => this.mayIn('image.list', one)) || (this.isUsable(image) && places.some((one) => this.hasAccess(one)));
  }

  image(name: string): ImageFacts | undefined {
    return this.facts.images.find((one) => one.name === name && this.seesImage(one));
  }

  /** May see the guarded fields of an image that it sees. */
  inspects(image: ImageFacts): boolean {
    return this.isSuperAdmin || this.#datacentersOf(image).some((one) => this.mayIn('image.inspect', one));
  }

  /** The list of a datacenter for those who may list it. */
  managedIn(datacenter: DatacenterFacts, showDeleted: boolean): ImageFacts[] {
    return this.facts.images.filter((image) => image.attached.includes(datacenter.name) && this.#isListed(image, showDeleted));
  }

  managedAnywhere(showDeleted: boolean): ImageFacts[] {
    const isAllowed = (image: ImageFacts): boolean => this.#datacentersOf(image).some((one) => this.mayIn('image.list', one));
    return this.facts.images.filter((image) => (this.isSuperAdmin || isAllowed(image)) && this.#isListed(image, showDeleted));
  }

  #isListed(image: ImageFacts, showDeleted: boolean): boolean {
    return image.access !== 'DELETED' || (showDeleted && this.isDeletedButManaged(image));
  }

  usableIn(datacenter: DatacenterFacts): ImageFacts[] {
    return this.facts.images.filter((image) => image.attached.includes(datacenter.name) && this.isUsable(image));
  }

  /** Its own where it sees the datacenter, and all where it may list those of others. */
  seesServer(server: ServerFacts): boolean {
    const datacenter = this.datacenter(server.datacenter);
    if (datacenter === undefined) return false;
    return server.owner === this.username || this.mayIn('server.listAll', datacenter);
  }

  /** Its own, and all of the datacenters where it may see those of others; a task of no datacenter is its user's and SuperAdmins'. */
  seesTask(task: TaskFacts): boolean {
    if (this.isSuperAdmin || task.user.username === this.username) return true;
    return this.facts.datacenters.some((one) => one.name === task.datacenter?.name && this.mayIn('task.listAll', one));
  }
}
