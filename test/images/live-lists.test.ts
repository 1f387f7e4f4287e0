import { MikroORM } from '@mikro-orm/postgresql';
import { describe, it } from 'vitest';
import { databaseOf, GatewayProcess, TestClient } from '../support/gateway.js';
import { type ListOf, LiveList, type Row } from '../support/live-list.js';
import { random, SEED } from '../support/random.js';
import { startStaffed } from '../support/staff.js';
import { temporaryFolder } from '../support/temp-folder.js';
import type { World } from '../support/world.js';

const FIELDS = `uuid name alias access status description dcBound updatedAt owner { username } datacenters { name } boundDatacenter { name }
  actions { action allowed code }`;
const SETTINGS = { COST_PER_SECOND: '100000000', COST_BURST: '100000000', SOCKETS_PER_USER: '100' };
const ROUNDS = 4;
const CHANGES_PER_ROUND = 5;
const MOST_IMAGES = 8;

const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
const some = <T>(list: readonly T[]): T[] => list.filter(() => random() < 0.5);

const GROUPS = ['importers', 'admins', 'users', 'ines-group', 'nora-group', 'xena-group'];
const PERMISSIONS = ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'];
const PEOPLE = ['anna', 'otto', 'dora', 'peter', 'ines', 'nora', 'xena', 'olga'];
const DATACENTERS = ['main', 'alpha', 'beta'];

/** The names of all images there have been; those that are gone are asked for as well. */
type Names = Set<string>;

/** Every image that the viewer sees, wherever it is. */
const everything = (names: Names): ListOf => ({
  args: '',
  fields: FIELDS,
  read: async (client) => {
    if (names.size === 0) return [];
    const data = await client.run(`{ ${[...names].map((name, at) => `i${at}: image(name: "${name}") { ${FIELDS} }`).join(' ')} }`);
    return Object.values(data).filter((row: Row | null) => row !== null);
  },
  has: () => true,
});

/** A list of one datacenter; null while the viewer may not read it. */
function ofDatacenter(field: string, datacenter: string, has: ListOf['has']): ListOf {
  const read = async (client: TestClient): Promise<Row[] | null> => {
    const { data, errors } = await client.send(`{ ${field} { nodes { ${FIELDS} } } }`);
    const codes = errors.map(({ extensions }) => extensions.code).join();
    if (!['', 'NOT_FOUND', 'FORBIDDEN'].includes(codes)) throw new Error(JSON.stringify(errors));
    return (Object.values(data ?? {})[0]?.nodes as Row[] | undefined) ?? null;
  };
  return { args: `datacenter: "${datacenter}"`, fields: FIELDS, read, has };
}

interface Shown {
  access: string;
  status: string;
  owner: { username: string };
  actions: { action: string; code: string | null }[];
}

/** Images that the user may choose for a new disk: of a SuperAdmin, which may attach images, also those of others. */
function isUsable(username: string, row: Row): boolean {
  const { access, status, owner, actions } = row as unknown as Shown;
  const isSuperAdmin = actions.some(({ action, code }) => action === 'ATTACH' && code !== 'FORBIDDEN');
  return status === 'OK' && (access === 'PUBLIC' || (access === 'PRIVATE' && (isSuperAdmin || owner.username === username)));
}

const usable = (datacenter: string, username: string): ListOf =>
  ofDatacenter(`usableImages(datacenter: "${datacenter}", first: 200)`, datacenter, (row) => isUsable(username, row));

const managed = (datacenter: string, showDeleted: boolean): ListOf =>
  ofDatacenter(`images(datacenter: "${datacenter}", showDeleted: ${showDeleted}, first: 200)`, datacenter, ({ access }) => showDeleted || access !== 'DELETED');

const quoted = (values: readonly string[]): string => `[${values.map((value) => `"${value}"`).join(', ')}]`;

/** One change of an image, drawn by the seed, as the text of a mutation. */
function imageChange(name: string): string {
  const update = (fields: string): string => `updateImage(input: { name: "${name}", ${fields} })`;
  return pick([
    () => update(`access: ${pick(['PUBLIC', 'PRIVATE', 'DELETED'])}`),
    () => update(`access: ${pick(['PUBLIC', 'PRIVATE'])}`),
    () => update(`description: "${Math.floor(random() * 1e6)}"`),
    () => update(`owner: "${pick([...PEOPLE, 'admin'])}"`),
    () => update(`dcBound: ${random() < 0.7}`),
    () => `attachImage(input: { image: "${name}", datacenter: "${pick(DATACENTERS)}" })`,
    () => `detachImage(input: { image: "${name}", datacenter: "${pick(DATACENTERS)}" })`,
    () => `deleteImage(input: { name: "${name}" })`,
  ])();
}

/** One change of who may see what. */
function rightsChange(): string {
  const place = pick(['alpha', 'beta']);
  return pick([
    () => `updateGroup(input: { name: "${pick(GROUPS)}", users: ${quoted(some(PEOPLE))} })`,
    () => `updateGroup(input: { name: "${pick(GROUPS)}", permissions: [${some(PERMISSIONS).join(', ')}] })`,
    () => `updateGroup(input: { name: "${pick(GROUPS)}", datacenters: ${quoted(some(DATACENTERS))} })`,
    () => `updateDatacenter(input: { name: "${place}", access: ${pick(['PUBLIC', 'PRIVATE'])} })`,
    () => `updateDatacenter(input: { name: "${place}", owner: "${pick([...PEOPLE, 'admin'])}" })`,
    () => `updateUser(input: { username: "${pick(PEOPLE)}", isSuperAdmin: ${random() < 0.3} })`,
    () => pick(['createDatacenter(input: { name: "beta", access: PUBLIC, groups: ["users", "xena-group"] })', 'deleteDatacenter(name: "beta")']),
  ])();
}

/** Breaks the connections by which processes hear of each other's changes. */
async function breakListeners(url: string): Promise<void> {
  const orm = await MikroORM.init({ clientUrl: url, entities: [], discovery: { warnWhenNoEntities: false } });
  await orm.em.getConnection().execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and (query like 'listen %' or query like '%pg_notify%' or query like 'select cast(extract(epoch%') and pid <> pg_backend_pid()");
  await orm.close(true);
}

class Story {
  readonly names: Names = new Set();
  readonly told: string[] = [];

  constructor(
    readonly world: World,
    private readonly admins: readonly TestClient[],
  ) {}

  async change(): Promise<void> {
    const { url } = databaseOf(this.world.folder) as { url?: string };
    if (this.names.size < 2 || (this.names.size < MOST_IMAGES && random() < 0.2)) return this.#import();
    if (url !== undefined && this.admins.length > 1 && random() < 0.1) {
      this.told.push('break the connections');
      return breakListeners(url);
    }
    const mutation = random() < 0.65 ? imageChange(pick([...this.names])) : rightsChange();
    this.told.push(mutation);
    const selection = mutation.startsWith('deleteDatacenter') ? '' : ' { __typename }';
    // Many are refused, which changes nothing.
    await pick(this.admins).send(`mutation { ${mutation}${selection} }`);
  }

  async #import(): Promise<void> {
    const name = this.world.unique('live');
    const datacenter = pick(DATACENTERS);
    this.told.push(`import ${name} into ${datacenter}`);
    const { data } = await this.world.import(name, { access: pick(['PUBLIC', 'PRIVATE']), owner: pick(PEOPLE), datacenter });
    if (data !== null) this.names.add(name);
  }
}

describe.each(process.env.TEST_DATABASE === 'postgres' ? [1, 2] : [1])('with %i process(es)', (processes) => {
  it.each([false, true])('lists are kept right by events alone, for everybody; with an image server: %s', { timeout: 240_000 }, async (imageServer) => {
    const { world } = await startStaffed({ settings: SETTINGS, imageServer });
    const folder = await temporaryFolder();
    const target = databaseOf(world.folder);
    const settings = { ...SETTINGS, DATABASE_URL: target.kind === 'postgres' ? target.url : '', IMAGE_STORE: `file:${world.folder.path}/images` };
    const second = processes === 2 ? await GatewayProcess.start(folder.path, settings) : null;
    const urls = [world.gateway.url, ...(second === null ? [] : [second.url])];
    for (const [username, permissions, datacenter] of [['ines', ['ADMIN', 'IMAGE_ADMIN'], 'alpha'], ['nora', ['IMAGE_ADMIN'], 'alpha'], ['xena', ['ADMIN', 'IMAGE_ADMIN'], 'beta']] as const) await world.person(username, { permissions, datacenter });
    await world.person('olga');
    const story = new Story(world, urls.map((url) => new TestClient(url, world.admin.key)));
    for (let at = 0; at < 3; at += 1) await story.change();
    const lists: LiveList[] = [];
    for (const [at, username] of ['admin', ...PEOPLE].entries()) {
      const key = username === 'admin' ? world.admin.key : (await world.admin.run('mutation ($u: String!) { createApiKey(input: { username: $u, name: "live" }) { key } }', { u: username })).createApiKey.key;
      const client = new TestClient(urls[at % urls.length]!, key);
      const kinds = { everything: everything(story.names), 'usable main': usable('main', username), 'usable alpha': usable('alpha', username), 'managed alpha': managed('alpha', true), 'managed beta': managed('beta', false) };
      for (const [kind, list] of Object.entries(kinds)) lists.push(new LiveList(`${username}: ${kind}`, client, list, lists.length % 2 === 0 ? 'websocket' : 'sse'));
    }
    for (let round = 0; round <= ROUNDS; round += 1) {
      const hint = `TEST_SEED=${SEED}: ${story.told.slice(-CHANGES_PER_ROUND).join('; ')}`;
      for (const list of lists) await list.settle(hint);
      if (round < ROUNDS) for (let at = 0; at < CHANGES_PER_ROUND; at += 1) await story.change();
    }
    await Promise.all(lists.map(async (list) => list.stop()));
    await second?.stop();
    await folder.remove();
    await world.close();
  });
});
