import { randomUUID } from 'node:crypto';
import type { GatewayProcess, TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, type PublishedImage } from '../support/imgapi-repository.js';
import { World } from '../support/world.js';
import { type Facts, type ImageFacts, naming, type ServerFacts, type TaskFacts, type UserFacts } from './facts.js';
import { readIds } from './ids.js';
import { Rules } from './rules.js';
import type { Kind, WorldPlan } from './world.js';

/** A gateway with a world in it, and a client for each of its people. */
export interface BuiltWorld {
  facts: Facts;
  admin: TestClient;
  clients: Map<string, TestClient>;
  gateway: GatewayProcess;
  repository: ImgapiRepository;
  /** Reads again what only the gateway knows, after a change. */
  refreshFacts: () => Promise<void>;
  close: () => Promise<void>;
}

const MANIFESTS: Record<Kind, { type: string; os: string; size: number }> = {
  LINUX_VM: { type: 'zvol', os: 'linux', size: 10_240 },
  BSD_VM: { type: 'zvol', os: 'bsd', size: 10_240 },
  SUNOS_ZONE: { type: 'zone-dataset', os: 'smartos', size: 1024 },
};

export const REPOSITORY = 'remote';
const SPARE_OFFERS = 2;

function emptyFacts(plan: WorldPlan, url: string): Facts {
  const name = naming(plan);
  const people = [{ isSuperAdmin: true, current: 0 }, ...plan.users];
  const places = [{ access: 'PUBLIC' as const, owner: 0, limit: null }, ...plan.datacenters];
  return {
    ids: new Map(),
    users: people.map(({ isSuperAdmin, current }, at) => ({
      username: name.user(at),
      email: at === 0 ? null : `${name.user(at)}@example.com`,
      isSuperAdmin,
      createdAt: '',
      apiKeys: [],
      current: name.datacenter(at === 0 ? 0 : current),
    })),
    groups: plan.groups.map(({ permissions, users, datacenters }, at) => ({
      name: `group${at}`,
      permissions,
      users: [...new Set(users.map(name.user))],
      datacenters: [...new Set(datacenters.map(name.datacenter))],
    })),
    datacenters: places.map(({ access, owner, limit }, at) => ({
      name: name.datacenter(at),
      alias: name.datacenter(at),
      access,
      owner: name.user(owner),
      description: '',
      limit,
      createdAt: '',
    })),
    images: plan.images.map((image, at) => imageFacts(plan, image, at)),
    servers: [],
    tasks: [],
    offered: [],
    repository: { name: REPOSITORY, url, lastUpdate: '' },
  };
}

function imageFacts(plan: WorldPlan, { place, access, owner, kind, tags, resize }: WorldPlan['images'][number], at: number): ImageFacts {
  const name = naming(plan);
  const bound = 'bound' in place ? name.datacenter(place.bound) : null;
  return {
    uuid: randomUUID(),
    name: `image${at}`,
    alias: at % 2 === 0 ? `alias ${at}` : `The ALIAS ${at}`,
    version: at % 3 === 1 ? '2.0-beta' : '1.0',
    access,
    owner: name.user(owner),
    bound,
    attached: 'bound' in place ? [name.datacenter(place.bound)] : [...new Set(place.attached.map(name.datacenter))].sort(),
    kind,
    size: MANIFESTS[kind].size,
    resize,
    deploy: false,
    description: `The image image${at}`,
    tags,
    manifestUrl: null,
    createdAt: '',
    updatedAt: '',
  };
}

class Builder {
  readonly clients = new Map<string, TestClient>();

  constructor(
    readonly plan: WorldPlan,
    readonly facts: Facts,
    readonly world: World,
  ) {}

  get admin(): TestClient {
    return this.world.admin;
  }

  get repository(): ImgapiRepository {
    return this.world.repository;
  }

  async change(mutation: string, input: Record<string, unknown>, by: TestClient = this.admin): Promise<void> {
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
    const fields = (FIELDS[mutation] ?? 'name').trim();
    const answer = await by.send(`mutation ($input: ${type}!) { ${mutation}(input: $input) { ${fields} } }`, { input });
    if (answer.errors.length > 0) throw new Error(`${mutation} ${JSON.stringify(input)}: ${JSON.stringify(answer.errors)}`);
  }

  async people(): Promise<void> {
    this.clients.set('admin', this.admin);
    for (const { username, email, isSuperAdmin } of this.facts.users.slice(1)) {
      this.clients.set(username, (await this.world.person(username, { email, isSuperAdmin })).client);
    }
  }

  /** Public while everybody switches to where it will work, and only then as planned. */
  async datacenters(): Promise<void> {
    const made = this.facts.datacenters.slice(1);
    for (const { name, owner } of made) await this.world.datacenter(name, { owner, access: 'PUBLIC' });
    for (const { username, current } of this.facts.users) {
      await this.clients.get(username)?.run('mutation ($name: String!) { switchDatacenter(name: $name) { currentDatacenter { name } } }', { name: current });
    }
    for (const { name, access, limit } of made) {
      if (access === 'PRIVATE') await this.change('updateDatacenter', { name, access });
      if (limit !== null) await this.change('updateDatacenterSettings', { datacenter: name, vmsImageLimit: limit });
    }
    for (const { name, permissions, users, datacenters } of this.facts.groups) await this.world.group(name, permissions, users, datacenters);
  }

  async offers(): Promise<void> {
    const published = this.facts.images.map((image): [ImageFacts, PublishedImage] => [image, publish(image)]);
    this.repository.images = published.map(([, one]) => one);
    for (let at = 0; at < SPARE_OFFERS; at += 1) this.repository.images.push(makeImage({ name: `spare${at}`, version: '2', size: 100 }));
    await this.world.addRepository(REPOSITORY);
    // The server that the first start makes is none of the plan.
    const { server } = await this.admin.run('{ server(hostname: "img01") { uuid } }');
    await this.admin.run(`mutation { unregisterServer(uuid: "${server.uuid}") }`);
    await this.world.loadRepository(REPOSITORY);
    this.facts.offered = this.repository.images.map(({ manifest }) => ({
      uuid: manifest.uuid,
      name: String(manifest.name),
      version: String(manifest.version),
      type: String(manifest.type),
      kind: this.facts.images.find((image) => image.uuid === manifest.uuid)?.kind ?? 'LINUX_VM',
      description: String(manifest.description),
      size: manifest.type === 'zvol' ? 10_240 : 1024,
      downloadSize: (manifest.files as [{ size: number }])[0].size,
    }));
  }

  async images(): Promise<void> {
    for (const [at, image] of this.facts.images.entries()) {
      const { uuid, name, alias, version, owner, tags, resize, bound } = image;
      const plan = this.plan.images[at];
      const by = this.#importer(naming(this.plan).user(plan?.by ?? 0), bound);
      const access = image.access === 'DELETED' ? 'PUBLIC' : image.access;
      const fields = { name, alias, version, owner, tags, resize, access, datacenter: bound, dcBound: bound !== null };
      if (plan?.fromRepository === true) {
        await this.change('importRepositoryImage', { repository: REPOSITORY, uuid, ...fields }, by);
      } else {
        image.manifestUrl = `${this.repository.url}/images/${uuid}`;
        await this.change('importImage', { manifestUrl: image.manifestUrl, ...fields }, by);
      }
      if (bound === null) await this.world.attach(name, ...image.attached);
    }
  }

  #importer(username: string, bound: string | null): TestClient {
    const rules = new Rules(this.facts, username);
    const datacenter = this.facts.datacenters.find(({ name }) => name === bound);
    const may = datacenter === undefined ? rules.isSuperAdmin : rules.mayIn('image.import', datacenter);
    return (may ? this.clients.get(username) : undefined) ?? this.admin;
  }

  async servers(): Promise<void> {
    for (const [at, { owner, datacenter, image, tags }] of this.plan.servers.entries()) {
      const name = naming(this.plan);
      const used = image === null ? undefined : this.facts.images.find((one) => one.name === name.image(image) && one.attached.length > 0);
      const server: ServerFacts = {
        uuid: randomUUID(),
        hostname: `server${at}`,
        datacenter: name.datacenter(datacenter),
        owner: name.user(owner),
        kind: used?.kind ?? 'LINUX_VM',
        tags,
        image: used?.name ?? null,
        size: used?.size ?? 2048,
        snapshots: at % 2 === 0 ? [{ name: 'nightly', createdAt: '' }] : [],
      };
      const disks = [{ diskId: 1, size: server.size, image: server.image }, { diskId: 2, size: 512 }];
      const { uuid, hostname } = server;
      await this.world.server(hostname, { uuid, datacenter: used?.attached[0] ?? 'main', osType: server.kind, tags, disks });
      await this.change('updateServer', { uuid, datacenter: server.datacenter, owner: server.owner });
      for (const snapshot of server.snapshots) await this.world.snapshot(hostname, snapshot.name, { size: 5 });
      this.facts.servers.push(server);
    }
    for (const { name } of this.facts.images.filter((one) => one.access === 'DELETED')) await this.change('updateImage', { name, access: 'DELETED' });
  }

  /** What only the gateway knows; dates are no secrets of these worlds, and who sees a row is decided elsewhere. */
  async known(): Promise<void> {
    const { facts } = this;
    const data = await this.admin.run(KNOWN);
    const [datacenters, images] = [data.datacenters.nodes, data.images.nodes] as Record<string, string>[][];
    Object.assign(facts.repository, { lastUpdate: data.imageRepository.lastUpdate });
    facts.tasks = data.tasks.nodes as TaskFacts[];
    for (const user of facts.users) {
      const known = (data.users.nodes as Pick<UserFacts, 'username' | 'createdAt' | 'apiKeys'>[]).find(({ username }) => username === user.username);
      Object.assign(user, { createdAt: known?.createdAt ?? '', apiKeys: known?.apiKeys ?? [] });
    }
    for (const one of facts.datacenters) one.createdAt = datacenters?.find(({ name }) => name === one.name)?.createdAt ?? '';
    const main = facts.datacenters.find(({ name }) => name === 'main');
    if (main) Object.assign(main, { alias: data.main.alias, description: data.main.description });
    for (const one of facts.images) {
      const { createdAt, updatedAt } = images?.find(({ name }) => name === one.name) ?? {};
      Object.assign(one, { createdAt, updatedAt });
    }
    for (const server of facts.servers.filter(({ snapshots }) => snapshots.length > 0)) {
      const shown = await this.admin.run('query ($u: UUID!) { server(uuid: $u) { snapshots { name createdAt } } }', { u: server.uuid });
      server.snapshots = shown.server.snapshots;
    }
    facts.ids = await readIds(facts, this.admin, this.clients);
  }
}

function publish({ uuid, name, kind }: ImageFacts): PublishedImage {
  const { type, os } = MANIFESTS[kind];
  return makeImage({ uuid, name, version: '1.0', type, os, size: 200 });
}

const FIELDS: Record<string, string> = {
  importImage: 'image { name }',
  importRepositoryImage: 'image { name }',
  updateImage: 'image { name }',
  updateServer: 'uuid',
};

const KNOWN = `{
  users(first: 200) { nodes { username createdAt apiKeys { id name prefix createdAt expiresAt } } }
  datacenters(first: 200) { nodes { name createdAt } }
  main: datacenter(name: "main") { alias description }
  images(showAll: true, showDeleted: true, first: 200) { nodes { name createdAt updatedAt } }
  imageRepository(name: "${REPOSITORY}") { lastUpdate }
  tasks(first: 200) { nodes {
    id action status phase bytesDone bytesTotal attempts user { username } datacenter { name } image { name } imageName
    repository { name } detail errorCode error warnings createdAt startedAt finishedAt
  } }
}`;

/** Builds the planned world through the API, as a SuperAdmin and, where they may, as its own people; with no image server. */
export async function buildWorld(plan: WorldPlan): Promise<BuiltWorld> {
  const world = await World.start({ imageServer: false });
  const { admin, gateway, repository } = world;
  const close = async (): Promise<void> => {
    await gateway.kill();
    await world.close();
  };
  try {
    const builder = new Builder(plan, emptyFacts(plan, repository.url), world);
    await builder.people();
    await builder.datacenters();
    await builder.offers();
    await builder.images();
    await builder.servers();
    await builder.known();
    return { facts: builder.facts, admin, clients: builder.clients, gateway, repository, refreshFacts: async () => builder.known(), close };
  } catch (error) {
    await close();
    throw new Error(`The world could not be built; the gateway said: ${gateway.output()}`, { cause: error });
  }
}
