import { type GraphQLError, graphqlSync } from 'graphql';
import type { CallerAction } from '../../src/access/matrix.js';
import type { DatacenterFacts, Facts, ImageFacts, OfferedFacts, ServerFacts, TaskFacts, UserFacts } from './facts.js';
import { demandFilter, meets } from './filters.js';
import { connection, contains, demandOne, isAmong, isWanted, ordered, type PageArguments, refuse } from './lists.js';
import { IMAGE_KEYS, type ImageList, type OfferedList, type Searched, type ServerList, type TaskList } from './list-arguments.js';
import { Nodes } from './nodes.js';
import { Rules } from './rules.js';
import { schema } from './schema.js';

/** The whole graph as one user may see it, worked out from the facts of a world by the rules alone. */
export class Model {
  readonly #rules: Rules;
  readonly #nodes: Nodes;

  constructor(
    private readonly facts: Facts,
    private readonly username: string,
  ) {
    this.#rules = new Rules(facts, username);
    this.#nodes = new Nodes(facts, this.#rules, new Map<string, (name: string, part: string | undefined) => unknown>([
      ['Image', (name) => this.#imageNamed(name)],
      ['Datacenter', (name) => this.#datacenterNamed(name)],
      ['ImageRepository', () => this.#repository()],
      ['RepositoryImage', (name) => facts.offered.filter((one) => one.uuid === name).map((one) => this.#offered(one))[0]],
      ['User', (name) => this.#userOrNull(name)],
      ['Group', (name) => this.#groups((group) => group.name === name)[0]],
      ['VirtualServer', (name) => this.#serverOrNull((one) => one.hostname === name)],
      ['Snapshot', (name, part) => facts.servers.filter((one) => one.hostname === name && this.#rules.seesServer(one)).flatMap((one) => this.#snapshots(one)).find((one) => one.name === part)],
      ['Task', (name) => this.#taskOrNull(name)],
      ['Viewer', (name) => (name === username ? this.#viewer() : null)],
    ]));
  }

  /** What the gateway is to answer. */
  answer(query: string, variables: Record<string, unknown> = {}): { data?: unknown; errors?: readonly GraphQLError[] } {
    return graphqlSync({ schema, source: query, variableValues: variables, rootValue: this.#root() });
  }

  #root(): object {
    const rules = this.#rules;
    return {
      node: ({ id }: { id: string }) => this.#nodes.node(id),
      nodes: ({ ids }: { ids: string[] }) => ids.map((id) => this.#nodes.node(id)),
      viewer: () => this.#viewer(),
      datacenter: ({ name }: { name: string }) => this.#datacenterNamed(name),
      datacenters: ({ search, ...page }: Searched) => connection(this.#datacenters().filter(({ name, alias }) => contains(`${name}\n${alias}`, search)), page, (one) => this.#datacenter(one)),
      image: ({ name, uuid }: { name?: string; uuid?: string }) => demandOne(name, uuid) && this.#imageBy(name, uuid),
      images: (args: ImageList & { datacenter?: string | null; showAll?: boolean }) => {
        if (args.showAll !== true) return this.#managed(this.#place(args.datacenter), args);
        this.#demand('image.listAll');
        return this.#imageList(rules.managedAnywhere(args.showDeleted === true), args);
      },
      usableImages: (args: ImageList & { datacenter?: string | null }) => this.#imageList(rules.usableIn(this.#place(args.datacenter)), args),
      imageServer: () => this.#demand('imageServer.read') && null,
      imageRepositories: () => this.#demand('repository.use') && [this.#repository()],
      imageRepository: ({ name }: { name: string }) => this.#demand('repository.use') && (name === this.facts.repository.name ? this.#repository() : null),
      server: ({ hostname, uuid }: { hostname?: string; uuid?: string }) =>
        demandOne(hostname, uuid) && this.#serverOrNull((one) => (uuid === undefined ? one.hostname === hostname : one.uuid === uuid)),
      servers: (args: ServerList & { datacenter?: string | null }) => this.#serversOf(this.#place(args.datacenter), args),
      task: ({ id }: { id: string }) => this.#taskOrNull(id),
      tasks: (args: TaskList) => {
        const place = typeof args.datacenter === 'string' ? this.#place(args.datacenter).name : null;
        if (typeof args.repository === 'string') this.#demand('repository.use');
        return this.#taskList(args, (task) => (place === null || task.datacenter?.name === place) && isWanted(args.image, task.imageName)
          && isWanted(args.repository, task.repository?.name) && isWanted(args.user, task.user.username)
          && (!args.createdAfter || Date.parse(task.createdAt) > Date.parse(args.createdAfter)) && (!args.createdBefore || Date.parse(task.createdAt) < Date.parse(args.createdBefore))
          && isAmong(args.action, task.action) && isAmong(args.status, task.status));
      },
      globalSettings: () => this.#demand('globalSettings.read') && this.#settings(),
      user: ({ username }: { username: string }) => this.#demand('people.read') && this.#userOrNull(username),
      users: ({ search, active, ...page }: Searched & { active?: boolean | null }) =>
        this.#demand('people.read') && this.#userList(active === false ? [] : this.facts.users.filter(({ username, email }) => contains(`${username}\n${email ?? ''}`, search)), page),
      group: ({ name }: { name: string }) => this.#demand('people.read') && this.#groups((group) => group.name === name)[0],
      groups: ({ search, ...page }: Searched) => this.#demand('people.read') && connection(this.#groups(({ name }) => contains(name, search)), page, (one) => one),
      _entities: ({ representations }: { representations: Record<string, string>[] }) => representations.map((one) => this.#entityOrError(one)),
    };
  }

  #demand(action: CallerAction): true {
    return this.#rules.may(action) || refuse('FORBIDDEN');
  }

  /** One refused reference leaves the others alone. */
  #entityOrError(reference: Record<string, string>): unknown {
    try {
      return this.#entity(reference);
    } catch (error) {
      return error;
    }
  }

  #entity(reference: Record<string, string>): unknown {
    const { __typename: type, name, uuid, id } = reference;
    if (id !== undefined) return this.#nodes.entity(type ?? '', id);
    switch (type) {
      case 'Image':
        return this.#imageBy(name, uuid);
      case 'Datacenter':
        return this.#datacenterNamed(name ?? '');
      case 'ImageRepository':
        return this.#demand('repository.use') && (name === this.facts.repository.name ? this.#repository() : null);
      case 'User':
        return (reference.username === this.username || this.#demand('people.read')) && this.#userOrNull(reference.username ?? '');
      case 'VirtualServer':
        return this.#serverOrNull((one) => (uuid === undefined ? one.hostname === reference.hostname : one.uuid === uuid));
      default:
        return null;
    }
  }

  // -- people

  #viewer(): object {
    return {
      __typename: 'Viewer',
      id: this.#nodes.idOf('Viewer', this.username),
      user: () => this.#user(this.username),
      currentDatacenter: () => this.#datacenter(this.#place(null)),
      datacenters: () => this.#datacenters().map((one) => this.#datacenter(one)),
      permissions: ({ datacenter }: { datacenter?: string | null }) => [...this.#rules.permissions(this.#place(datacenter))].sort(),
    };
  }

  #userOrNull(username: string): object | null {
    return this.facts.users.some((user) => user.username === username) ? this.#user(username) : null;
  }

  #userList(users: readonly UserFacts[], page: PageArguments): object {
    return connection(ordered(users, ({ username }) => username, 'ASC'), page, ({ username }) => this.#user(username));
  }

  /** Active users with access; all of these worlds are active. */
  #members(one: DatacenterFacts, { search, ...page }: Searched): object {
    if (!this.#rules.mayIn('datacenter.listMembers', one)) refuse('FORBIDDEN');
    return this.#userList(this.facts.users.filter(({ username }) => contains(username, search) && new Rules(this.facts, username).hasAccess(one)), page);
  }

  /** Of another user, only the name; the built-in one that schedules work has no row of its own. */
  #user(username: string): object {
    const user = this.facts.users.find((one) => one.username === username);
    const isOpen = this.#rules.may('people.read') || username === this.username;
    const own = <T>(value: T) => (): T => (isOpen ? value : refuse('FORBIDDEN'));
    return {
      __typename: 'User',
      id: this.#nodes.idOf('User', username),
      username,
      email: own(user?.email),
      isSuperAdmin: own(user?.isSuperAdmin),
      active: own(true),
      createdAt: own(user?.createdAt),
      apiKeys: own(user?.apiKeys.map((key) => ({ __typename: 'ApiKey', ...key }))),
      groups: () => (isOpen ? this.#groups((group) => group.users.includes(username)) : refuse('FORBIDDEN')),
    };
  }

  #groups(isWantedGroup: (group: Facts['groups'][number]) => boolean): object[] {
    return ordered(this.facts.groups.filter(isWantedGroup), ({ name }) => name, 'ASC').map((group) => ({
      __typename: 'Group',
      id: this.#nodes.idOf('Group', group.name),
      name: group.name,
      alias: group.name,
      permissions: group.permissions,
      users: () => [...group.users].sort().filter((one) => this.#rules.isSuperAdmin || one === this.username).map((one) => this.#user(one)),
      datacenters: () => this.#datacenters().filter(({ name }) => group.datacenters.includes(name)).map((one) => this.#datacenter(one)),
    }));
  }

  // -- datacenters

  #datacenters(): DatacenterFacts[] {
    return ordered(this.facts.datacenters.filter((one) => this.#rules.hasAccess(one)), ({ name }) => name, 'ASC');
  }

  /** The one named, else the current one, else main. */
  #place(name: string | null | undefined): DatacenterFacts {
    if (typeof name === 'string') return this.#rules.datacenter(name) ?? refuse('NOT_FOUND');
    const current = this.facts.users.find(({ username }) => username === this.username)?.current ?? '';
    return this.#rules.datacenter(current) ?? this.#rules.datacenter('main') ?? refuse('NOT_FOUND');
  }

  #datacenterNamed(name: string): object | null {
    const found = this.#rules.datacenter(name);
    return found === undefined ? null : this.#datacenter(found);
  }

  #datacenter(one: DatacenterFacts): object {
    const rules = this.#rules;
    const attached = this.facts.images.filter((image) => image.attached.includes(one.name));
    return {
      __typename: 'Datacenter',
      id: this.#nodes.idOf('Datacenter', one.name),
      name: one.name,
      alias: one.alias,
      access: one.access,
      owner: () => this.#user(one.owner),
      description: one.description,
      groups: () => this.#demand('people.read') && this.#groups((group) => group.datacenters.includes(one.name)),
      isDefault: one.name === 'main',
      createdAt: one.createdAt,
      settings: () => (rules.mayIn('datacenterSettings.read', one) ? { vmsImageLimit: one.limit } : refuse('FORBIDDEN')),
      images: (args: ImageList) => this.#managed(one, args),
      usableImages: (args: ImageList) => this.#imageList(rules.usableIn(one), args),
      servers: (args: ServerList) => this.#serversOf(one, args),
      members: (args: Searched) => this.#members(one, args),
      imageCount: attached.filter((image) => image.access !== 'DELETED' && rules.seesImage(image)).length,
      // Compared with the limit of the datacenter, so its admins see the whole number.
      boundImageCount: attached.filter((image) => image.bound === one.name && (rules.mayIn('image.list', one) || rules.seesImage(image))).length,
    };
  }

  #managed(one: DatacenterFacts, args: ImageList): object {
    if (!this.#rules.mayIn('image.list', one)) refuse('FORBIDDEN');
    return this.#imageList(this.#rules.managedIn(one, args.showDeleted === true), args);
  }

  // -- images

  #imageList(images: readonly ImageFacts[], { filter, orderBy, ...page }: ImageList): object {
    const key = IMAGE_KEYS[orderBy?.field ?? 'NAME'];
    demandFilter(filter ?? {}, this.#rules);
    const kept = images.filter((image) => meets(image, filter ?? {}, this.#rules));
    return connection(ordered(kept, key, orderBy?.direction ?? 'ASC'), page, (image) => this.#image(image));
  }

  #imageBy(name: string | undefined, uuid: string | undefined): object | null {
    const found = this.facts.images.find((one) => (uuid === undefined ? one.name === name : one.uuid === uuid));
    return this.#imageNamed(found?.name ?? null);
  }

  #imageNamed(name: string | null): object | null {
    const found = name === null ? undefined : this.#rules.image(name);
    return found === undefined ? null : this.#image(found);
  }

  #image(image: ImageFacts): object {
    const guarded = <T>(value: () => T) => (): T => (this.#rules.inspects(image) ? value() : refuse('FORBIDDEN'));
    const users = this.facts.servers.filter((server) => server.image === image.name);
    const { attached, kind, ...plain } = image;
    return {
      ...plain,
      __typename: 'Image',
      id: this.#nodes.idOf('Image', image.name),
      owner: () => this.#user(image.owner),
      dcBound: image.bound !== null,
      boundDatacenter: () => this.#datacenterNamed(image.bound ?? ''),
      datacenters: () => this.#datacenters().filter(({ name }) => attached.includes(name)).map((one) => this.#datacenter(one)),
      osType: kind,
      status: 'OK',
      homepage: null,
      manifest: guarded(() => ({ uuid: image.uuid })),
      file: guarded(() => null),
      repository: guarded(() => (image.manifestUrl === null ? this.#repository() : null)),
      manifestUrl: guarded(() => image.manifestUrl),
      sourceSnapshot: guarded(() => null),
      // No image of these worlds builds on another.
      origin: guarded(() => null),
      children: (page: PageArguments) => guarded(() => this.#imageList([], page))(),
      servers: (page: PageArguments) => guarded(() => this.#serverList(users, page))(),
      serverCount: guarded(() => users.length),
      tasks: (page: PageArguments) => guarded(() => this.#taskList(page, (task) => task.image?.name === image.name))(),
    };
  }

  // -- repositories

  #repository(): object {
    const { name, url, lastUpdate } = this.facts.repository;
    const { offered } = this.facts;
    return {
      __typename: 'ImageRepository',
      id: this.#nodes.idOf('ImageRepository', name),
      name,
      url,
      isLocal: false,
      status: 'OK',
      lastUpdate,
      imageCount: offered.length,
      error: null,
      images: (args: OfferedList) => this.#demand('repository.use') && this.#offeredList(args),
      image: ({ uuid }: { uuid: string }) => this.#demand('repository.use') && offered.filter((one) => one.uuid === uuid).map((one) => this.#offered(one))[0],
    };
  }

  #offeredList({ filter, orderBy, ...page }: OfferedList): object {
    const kept = this.facts.offered.filter((one) =>
      `${one.name}\n${one.description}`.toLowerCase().includes((filter?.search ?? '').toLowerCase())
      && isAmong(filter?.osType, one.kind) && isAmong(filter?.type, one.type) && isWanted(filter?.importable, !this.#isKnown(one)));
    const key = { PUBLISHED_AT: () => 0, NAME: (one: OfferedFacts) => one.name, SIZE: (one: OfferedFacts) => one.size }[orderBy?.field ?? 'PUBLISHED_AT'];
    return connection(ordered(kept, key, orderBy?.direction ?? 'DESC'), page, (one) => this.#offered(one));
  }

  #isKnown(offered: OfferedFacts): boolean {
    return this.facts.images.some(({ uuid }) => uuid === offered.uuid);
  }

  /** That it is in the catalogue shows in `importable`, whoever asks; what it became there does not. */
  #offered(one: OfferedFacts): object {
    const isKnown = this.#isKnown(one);
    const { kind, ...plain } = one;
    return {
      ...plain,
      __typename: 'RepositoryImage',
      id: this.#nodes.idOf('RepositoryImage', one.uuid),
      repository: () => this.#repository(),
      osType: kind,
      homepage: null,
      state: 'active',
      publishedAt: '2026-03-26T18:08:07.539Z',
      origin: null,
      manifestUrl: `${this.facts.repository.url}/images/${one.uuid}`,
      manifest: { uuid: one.uuid },
      image: () => this.#imageBy(undefined, one.uuid),
      importable: !isKnown,
      notImportableReason: isKnown ? 'ALREADY_EXISTS' : null,
      nameTaken: this.facts.images.some((image) => image.name.toLowerCase() === one.name.toLowerCase() && image.uuid !== one.uuid),
    };
  }

  // -- servers

  #serverOrNull(isIt: (server: ServerFacts) => boolean): object | null {
    const found = this.facts.servers.find(isIt);
    return found === undefined || !this.#rules.seesServer(found) ? null : this.#server(found);
  }

  #serversOf({ name }: DatacenterFacts, { filter, ...page }: ServerList): object {
    const isImage = (server: ServerFacts): boolean => !filter?.image || (server.image === filter.image && this.#rules.image(filter.image) !== undefined);
    return this.#serverList(this.facts.servers.filter((server) => server.datacenter === name && contains(server.hostname, filter?.search) && isImage(server)
      && isAmong(filter?.osType, server.kind) && isAmong(filter?.status, 'RUNNING') && isWanted(filter?.owner, server.owner)), page);
  }

  #serverList(servers: readonly ServerFacts[], page: PageArguments): object {
    const seen = servers.filter((server) => this.#rules.seesServer(server));
    return connection(ordered(seen, ({ hostname }) => hostname, 'ASC'), page, (server) => this.#server(server));
  }

  #server(server: ServerFacts): object {
    const inherited = this.facts.images.find(({ name }) => name === server.image)?.tags ?? [];
    return {
      __typename: 'VirtualServer',
      id: this.#nodes.idOf('VirtualServer', server.hostname),
      uuid: server.uuid,
      hostname: server.hostname,
      datacenter: () => this.#datacenterNamed(server.datacenter),
      owner: () => this.#user(server.owner),
      osType: server.kind,
      status: 'RUNNING',
      ownTags: server.tags,
      tags: [...new Set([...server.tags, ...inherited])],
      disks: [
        { diskId: 1, size: server.size, image: () => this.#imageNamed(server.image) },
        { diskId: 2, size: 512, image: null },
      ],
      snapshots: () => this.#snapshots(server),
      isImageServer: false,
    };
  }

  #snapshots(server: ServerFacts): (object & { name: string })[] {
    return server.snapshots.map((one) => ({
      ...one,
      __typename: 'Snapshot',
      id: this.#nodes.idOf('Snapshot', `${server.hostname} ${one.name}`),
      diskId: 1,
      size: 5,
      status: 'OK',
      server: () => this.#server(server),
    }));
  }

  // -- tasks

  #taskOrNull(id: string): object | null {
    const found = this.facts.tasks.find((task) => task.id === id);
    return found === undefined || !this.#rules.seesTask(found) ? null : this.#task(found);
  }

  #taskList(page: PageArguments, isWantedTask: (task: TaskFacts) => boolean): object {
    const kept = this.facts.tasks.filter((task) => isWantedTask(task) && this.#rules.seesTask(task));
    return connection(kept, page, (task) => this.#task(task));
  }

  #task(task: TaskFacts): object {
    return {
      ...task,
      __typename: 'Task',
      user: () => this.#user(task.user.username),
      datacenter: () => this.#datacenterNamed(task.datacenter?.name ?? ''),
      image: () => this.#imageNamed(task.image?.name ?? null),
      repository: () => (task.repository !== null && this.#rules.may('repository.use') ? this.#repository() : null),
    };
  }

  #settings(): object {
    const { name, url } = this.facts.repository;
    return { vmsImageVm: null, vmsImageVmNic: 1, vmsImageSources: [], vmsImageRepositories: [{ name, url }], droppedRepositories: [] };
  }
}
