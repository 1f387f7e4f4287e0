import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { changeImage, type ChangeServices, type ImageChange } from './change.js';
import type { Bytes, ImageModel } from './image-model.js';

/** An image of an actor. */
export interface OwnedImage {
  model: ImageModel;
  bytes: Bytes;
  /** The repository has it under its uuid. */
  isOffered: boolean;
}

const MOST_IMAGES = 3;
const LOST_MS = 700;
const LARGEST_FILE = 400_000;
const PAYLOAD = '{ task { id } image { uuid } }';
const OTHERS = ['dc-b', 'dc-c'];
const ACCESS = ['PUBLIC', 'PRIVATE'];
/** What only the manifest of the image server shows. */
const UNBOUND = { datacenters: [], bound: null };

/** Makes, changes and deletes images of its own, one change at a time, and knows what each must be. */
export class ImageActor {
  readonly images: OwnedImage[] = [];
  #names = 0;

  constructor(
    private readonly id: string,
    private readonly services: ChangeServices,
    private readonly random: () => number,
    /** Images that the repository lists from the start: name, uuid and SHA-1. */
    private readonly listed: { uuid: string; sha1: string }[],
  ) {}

  /** Makes what the changes begin with: a server with a snapshot, and two images. */
  async prepare(): Promise<void> {
    await this.#registerServer();
    await this.#importUrl();
    await this.#importListed();
  }

  /** Makes random changes until it is told to stop. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#step();
      await sleep(this.random() * 100);
    }
  }

  async #step(): Promise<void> {
    if (this.images.length < MOST_IMAGES && this.random() < 0.45) return this.#make();
    const owned = this.#pick(this.images);
    if (owned === undefined) return this.#make();
    const steps = [this.#update, this.#update, this.#attachOrDetach, this.#attachOrDetach, this.#bind, this.#verify, this.#delete, this.#use, this.#race];
    await this.#pick(steps)?.call(this, owned);
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.random() * list.length)];
  }

  #name(): string {
    this.#names += 1;
    return `${this.id}-${this.#names}`;
  }

  async #make(): Promise<void> {
    const ways = [this.#importUrl, this.#importUrl, this.#importListed, this.#create];
    await this.#pick(ways)?.call(this);
  }

  /** Half of the imports are bound to a datacenter; some of them to one with a limit. */
  #binding(): { input: Record<string, unknown>; shown: Pick<ImageModel, 'datacenters' | 'bound'> } {
    const chosen = this.random();
    if (chosen < 0.3) return { input: { dcBound: false }, shown: UNBOUND };
    const datacenter = chosen < 0.5 ? 'tight' : 'main';
    return { input: { datacenter }, shown: { datacenters: [datacenter], bound: datacenter } };
  }

  #maybeCancel(): { cancelAfterMs?: number } {
    return this.random() < 0.2 ? { cancelAfterMs: this.random() * 500 } : {};
  }

  async #importUrl(): Promise<void> {
    const { source } = this.services;
    const name = this.#name();
    const image = source.offer(name, 20_000 + Math.floor(this.random() * LARGEST_FILE));
    const { input, shown } = this.#binding();
    const [{ sha1 }] = image.manifest.files as [{ sha1: string }];
    const access = this.#pick(ACCESS) ?? 'PUBLIC';
    const model = { ...manifestModel(name, image.manifest.uuid, String(image.manifest.description)), access, ...shown };
    const mutation = `mutation ($input: ImportImageInput!) { importImage(input: $input) ${PAYLOAD} }`;
    const variables = { input: { name, manifestUrl: source.repository.manifestUrl(image), access, ...input } };
    const isThere = await this.#add({ action: 'IMAGE_IMPORT', name, mutation, variables, before: null, after: model, ...this.#maybeCancel() }, { sha1, isGzipped: false }, true);
    if (!isThere) source.withdraw(image.manifest.uuid);
  }

  /** Imports an image of the list that is not in the catalogue now: the same uuid again and again. */
  async #importListed(): Promise<void> {
    const free = this.listed.find(({ uuid }) => !this.images.some(({ model }) => model.uuid === uuid));
    if (free === undefined) return;
    const name = this.#name();
    const { input, shown } = this.#binding();
    const model = { ...manifestModel(name, free.uuid, `The image listed-${free.uuid.slice(0, 8)}`), version: free.uuid.slice(0, 16), ...shown };
    const mutation = `mutation ($input: ImportRepositoryImageInput!) { importRepositoryImage(input: $input) ${PAYLOAD} }`;
    const variables = { input: { repository: 'remote', uuid: free.uuid, name, alias: name, description: model.description, version: model.version, access: 'PUBLIC', ...input } };
    await this.#add({ action: 'IMAGE_IMPORT', name, mutation, variables, before: null, after: model, ...this.#maybeCancel() }, { sha1: free.sha1, isGzipped: false }, false);
  }

  async #create(): Promise<void> {
    const name = this.#name();
    const after = (data: Record<string, unknown>): ImageModel => ({
      ...manifestModel(name, (data.createImageFromSnapshot as { image: { uuid: string } } | undefined)?.image.uuid ?? '', 'from a snapshot'), datacenters: ['main'], bound: 'main',
    });
    const mutation = `mutation ($input: CreateImageFromSnapshotInput!) { createImageFromSnapshot(input: $input) ${PAYLOAD} }`;
    const variables = { input: { server: `srv-${this.id}`, snapshot: 'snap', name, description: 'from a snapshot', access: 'PUBLIC' } };
    await this.#add({ action: 'IMAGE_CREATE', name, mutation, variables, before: null, after, ...this.#maybeCancel() }, { sha1: this.services.source.snapshotSha1(this.id), isGzipped: true }, false);
  }

  async #add(change: ImageChange, bytes: Bytes, isOffered: boolean): Promise<boolean> {
    const { now } = await changeImage(this.services, change);
    if (now === null) return false;
    this.images.push({ model: now, bytes, isOffered });
    return true;
  }

  /** Changes an owned image, and remembers it as it is then. */
  async #change(owned: OwnedImage, change: Pick<ImageChange, 'action' | 'mutation' | 'variables' | 'after' | 'cancelAfterMs'>): Promise<ReturnType<typeof changeImage>> {
    const result = await changeImage(this.services, { name: owned.model.name, before: owned.model, ...change });
    if (result.now === null) this.#forget(owned);
    else owned.model = result.now;
    return result;
  }

  #forget(owned: OwnedImage): void {
    this.images.splice(this.images.indexOf(owned), 1);
    this.services.robbed.delete(owned.model.uuid);
    if (owned.isOffered) this.services.source.withdraw(owned.model.uuid);
  }

  async #update(owned: OwnedImage): Promise<void> {
    const tags = this.random() < 0.5 ? [`t${Math.floor(this.random() * 9)}`] : owned.model.tags;
    const change = { description: `changed ${Math.floor(this.random() * 1e6)}`, access: this.#pick(ACCESS) ?? 'PUBLIC', tags };
    const mutation = `mutation ($input: UpdateImageInput!) { updateImage(input: $input) ${PAYLOAD} }`;
    await this.#change(owned, { action: 'IMAGE_UPDATE', mutation, variables: { input: { name: owned.model.name, ...change } }, after: { ...owned.model, ...change } });
  }

  async #bind(owned: OwnedImage): Promise<void> {
    const { name, bound, datacenters } = owned.model;
    if (bound === null && datacenters.length !== 1) return;
    const after = { ...owned.model, bound: bound === null ? (datacenters[0] ?? null) : null };
    const mutation = `mutation ($input: UpdateImageInput!) { updateImage(input: $input) ${PAYLOAD} }`;
    await this.#change(owned, { action: 'IMAGE_UPDATE', mutation, variables: { input: { name, dcBound: bound === null } }, after });
  }

  async #attachOrDetach(owned: OwnedImage): Promise<void> {
    const { name, datacenters } = owned.model;
    const datacenter = this.#pick(OTHERS) ?? 'dc-b';
    const isAttached = datacenters.includes(datacenter);
    const field = isAttached ? 'detachImage' : 'attachImage';
    const after = { ...owned.model, bound: null, datacenters: isAttached ? datacenters.filter((one) => one !== datacenter) : [...datacenters, datacenter].sort() };
    const mutation = `mutation ($input: AttachImageInput!) { ${field}(input: $input) { bindingRemoved } }`;
    await this.#change(owned, { action: isAttached ? 'IMAGE_DETACH' : 'IMAGE_ATTACH', mutation, variables: { input: { image: name, datacenter } }, after });
  }

  async #verify(owned: OwnedImage): Promise<void> {
    const { history, robbed } = this.services;
    const { name, uuid } = owned.model;
    const mutation = `mutation ($name: String!) { verifyImage(name: $name) ${PAYLOAD} }`;
    const { end } = await changeImage(this.services, { action: 'IMAGE_VERIFY', name, mutation, variables: { name }, before: owned.model, after: owned.model });
    if (!robbed.has(uuid) && (end?.errorCode === 'NO_FILE' || end?.errorCode === 'CHECKSUM_MISMATCH')) history.broken(`The file of ${name} (${uuid}) is ${end.errorCode}, and nobody took it.`);
  }

  async #delete(owned: OwnedImage): Promise<void> {
    await this.#change(owned, deletion(owned));
  }

  /** Puts the image on a server, sees that it cannot be deleted, and takes the server away. */
  async #use(owned: OwnedImage): Promise<void> {
    const { client, history } = this.services;
    if (!owned.model.datacenters.includes('main')) return;
    const uuid = randomUUID();
    const { kind } = await client.change(REGISTER, { input: serverWith(uuid, owned.model.name) });
    if (kind === 'done') {
      const { outcome } = await this.#change(owned, { ...deletion(owned), after: owned.model });
      if (outcome.kind === 'done' || (outcome.kind === 'refused' && outcome.code !== 'IMAGE_IN_USE')) history.broken(`${owned.model.name} is on the disk of a server, and its deletion was ${outcome.kind === 'done' ? 'taken' : outcome.code}.`);
    }
    await this.#unregister(uuid, kind);
  }

  /** Registers a server with the image while the image is deleted: at most one of both succeeds, as the rules of the database are looked at all the time. */
  async #race(owned: OwnedImage): Promise<void> {
    if (!owned.model.datacenters.includes('main')) return;
    const uuid = randomUUID();
    const registered = this.services.client.change(REGISTER, { input: serverWith(uuid, owned.model.name) });
    const { outcome, end } = await this.#change(owned, deletion(owned));
    const { kind } = await registered;
    if (kind === 'done' && outcome.kind === 'done' && end?.status === 'SUCCEEDED') this.services.history.broken(`${owned.model.name} was deleted although a server had been registered with it.`);
    await this.#unregister(uuid, kind);
  }

  /** Tries until it is gone. A registration whose answer was lost may be one that is being committed. */
  async #unregister(uuid: string, registered: string): Promise<void> {
    for (let kind = registered; ; kind = 'unknown') {
      if (kind === 'unknown') await sleep(LOST_MS);
      const outcome = await this.services.client.change('mutation ($uuid: UUID!) { unregisterServer(uuid: $uuid) }', { uuid });
      if (outcome.kind !== 'unknown') return;
    }
  }

  /** The server whose snapshot images are created from. */
  async #registerServer(): Promise<void> {
    const { client, source } = this.services;
    const hostname = `srv-${this.id}`;
    await until(async () => client.change(REGISTER, { input: { ...serverWith(randomUUID(), undefined), hostname } }));
    const input = { server: hostname, name: 'snap', size: 10_240, dataUrl: source.snapshotUrl(this.id) };
    await until(async () => client.change('mutation ($input: RegisterSnapshotInput!) { registerSnapshot(input: $input) { name } }', { input }));
  }
}

const REGISTER = 'mutation ($input: RegisterServerInput!) { registerServer(input: $input) { uuid } }';

function serverWith(uuid: string, image: string | undefined): Record<string, unknown> {
  return { uuid, hostname: `s-${uuid.slice(0, 13)}`, datacenter: 'main', owner: 'admin', osType: 'LINUX_VM', status: 'RUNNING', disks: [{ diskId: 1, size: 10_240, image }] };
}

function deletion({ model: { name } }: OwnedImage): Pick<ImageChange, 'action' | 'mutation' | 'variables' | 'after'> {
  return { action: 'IMAGE_DELETE', mutation: 'mutation ($name: String!) { deleteImage(input: { name: $name }) { task { id } } }', variables: { name }, after: null };
}

async function until(change: () => Promise<{ kind: string }>): Promise<void> {
  while ((await change()).kind === 'unknown') await sleep(300);
}

/** An image as an import makes it of a manifest from this source. */
function manifestModel(name: string, uuid: string, description: string): ImageModel {
  return { name, uuid, alias: name, version: '1.0', description, access: 'PUBLIC', tags: [], ...UNBOUND };
}
