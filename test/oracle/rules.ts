import type { DatacenterFacts, Facts, ImageFacts, ServerFacts, TaskFacts } from './facts.js';
import type { Permission } from './world.js';

/** What one user may see of a world: the permission matrix and the rules of images, one sentence each. */
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

  /** The permissions of groups that the user is in and that are attached; the owner holds ADMIN. */
  permissions({ name, owner }: DatacenterFacts): Set<Permission> {
    if (this.isSuperAdmin) return new Set(['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN']);
    const held = new Set(this.groupsIn(name).flatMap((group) => group.permissions));
    return owner === this.username ? held.add('ADMIN') : held;
  }

  #holds(datacenter: DatacenterFacts, needed: Permission[]): boolean {
    const held = this.permissions(datacenter);
    return needed.every((permission) => held.has(permission));
  }

  isDcAdmin(datacenter: DatacenterFacts): boolean {
    return this.#holds(datacenter, ['ADMIN']);
  }

  isImageAdmin(datacenter: DatacenterFacts): boolean {
    return this.#holds(datacenter, ['ADMIN', 'IMAGE_ADMIN']);
  }

  isImporter(datacenter: DatacenterFacts): boolean {
    return this.#holds(datacenter, ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN']);
  }

  isDcAdminSomewhere(): boolean {
    return this.facts.datacenters.some((one) => this.isDcAdmin(one));
  }

  isImporterSomewhere(): boolean {
    return this.facts.datacenters.some((one) => this.isImporter(one));
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

  /** Deleted, and bound to a datacenter whose ImageAdmin the user is. */
  isDeletedButManaged(image: ImageFacts): boolean {
    if (image.access !== 'DELETED') return false;
    return this.isSuperAdmin || this.facts.datacenters.some((one) => one.name === image.bound && this.isImageAdmin(one));
  }

  seesImage(image: ImageFacts): boolean {
    if (this.isSuperAdmin) return true;
    if (image.access === 'DELETED') return this.isDeletedButManaged(image);
    const places = this.#datacentersOf(image);
    return places.some((one) => this.isDcAdmin(one)) || (this.isUsable(image) && places.some((one) => this.hasAccess(one)));
  }

  image(name: string): ImageFacts | undefined {
    return this.facts.images.find((one) => one.name === name && this.seesImage(one));
  }

  /** May see the guarded fields of an image that it sees. */
  inspects(image: ImageFacts): boolean {
    return this.isSuperAdmin || this.#datacentersOf(image).some((one) => this.isDcAdmin(one));
  }

  /** The list of a datacenter for its DCAdmin. */
  managedIn(datacenter: DatacenterFacts, showDeleted: boolean): ImageFacts[] {
    return this.facts.images.filter((image) => image.attached.includes(datacenter.name) && this.#isListed(image, showDeleted));
  }

  managedAnywhere(showDeleted: boolean): ImageFacts[] {
    const administered = (image: ImageFacts): boolean => this.#datacentersOf(image).some((one) => this.isDcAdmin(one));
    return this.facts.images.filter((image) => (this.isSuperAdmin || administered(image)) && this.#isListed(image, showDeleted));
  }

  #isListed(image: ImageFacts, showDeleted: boolean): boolean {
    return image.access !== 'DELETED' || (showDeleted && this.isDeletedButManaged(image));
  }

  usableIn(datacenter: DatacenterFacts): ImageFacts[] {
    return this.facts.images.filter((image) => image.attached.includes(datacenter.name) && this.isUsable(image));
  }

  /** Its own where it sees the datacenter, and all of those that it administers. */
  seesServer(server: ServerFacts): boolean {
    const datacenter = this.datacenter(server.datacenter);
    if (datacenter === undefined) return false;
    return server.owner === this.username || this.isDcAdmin(datacenter);
  }

  /** Its own, and those of the datacenters that it administers; a task of no datacenter is its user's and SuperAdmins'. */
  seesTask(task: TaskFacts): boolean {
    if (this.isSuperAdmin || task.user.username === this.username) return true;
    return this.facts.datacenters.some((one) => one.name === task.datacenter?.name && this.isDcAdmin(one));
  }
}
