import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskAction } from '../../src/tasks/task.states.js';
import type { ChangeServices } from './change.js';

/** A fact that changes set: the key says what it is about. */
interface FactChange {
  key: string;
  /** The action that the log of tasks names; null: it is not in that log. */
  action: TaskAction | null;
  mutation: string;
  variables: Record<string, unknown>;
  /** What the fact is afterwards; null: it is gone. */
  after: string | null;
}

const LOST_MS = 700;
const LAG_MS = 2000;

/** Query and shape of each kind of fact; the name behind the colon of its key is the variable. */
const READS: Record<string, { query: string; of: (data: Record<string, any>) => string | null }> = { // oxlint-disable-line typescript/no-explicit-any -- answers are as varied as queries
  sources: { query: '{ globalSettings { vmsImageSources } }', of: ({ globalSettings }) => String(globalSettings.vmsImageSources) },
  datacenter: { query: 'query ($name: String!) { datacenter(name: $name) { alias } }', of: ({ datacenter }) => datacenter?.alias ?? null },
  limit: { query: 'query ($name: String!) { datacenter(name: $name) { settings { vmsImageLimit } } }', of: ({ datacenter }) => String(datacenter.settings.vmsImageLimit) },
  repository: { query: 'query ($name: String!) { imageRepository(name: $name) { url } }', of: ({ imageRepository }) => imageRepository?.url ?? null },
  user: { query: 'query ($name: String!) { user(username: $name) { email } }', of: ({ user }) => user?.email ?? null },
  group: { query: 'query ($name: String!) { group(name: $name) { alias } }', of: ({ group }) => group?.alias ?? null },
};

/** Changes settings, datacenters, repositories, users and groups, one at a time, and knows what each must be. */
export class CatalogueActor {
  /** The facts that are known now. */
  readonly facts = new Map<string, string | null>();
  #numbers = 0;

  constructor(
    private readonly services: ChangeServices,
    private readonly random: () => number,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const kinds = [this.#settings, this.#datacenter, this.#limit, this.#repository, this.#user, this.#group, this.#refresh, this.#refreshAll];
      await kinds[Math.floor(this.random() * kinds.length)]?.call(this);
      await sleep(this.random() * 300);
    }
  }

  /** The fact as some gateway shows it. */
  async read(key: string): Promise<string | null> {
    const [kind = '', name = ''] = key.split(':');
    const read = READS[kind];
    if (read === undefined) throw new Error(`Nobody knows how to read ${key}.`);
    return read.of(await this.services.client.read(read.query, name === '' ? {} : { name }));
  }

  #next(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  async #settings(): Promise<void> {
    const url = `http://127.0.0.1:1/${this.#next()}`;
    const mutation = 'mutation ($urls: [HttpUrl!]) { updateGlobalSettings(input: { vmsImageSources: $urls }) { vmsImageVmNic } }';
    await this.#change({ key: 'sources', action: 'SETTINGS_UPDATE', mutation, variables: { urls: [url] }, after: url });
  }

  async #datacenter(): Promise<void> {
    const name = `dc-${Math.floor(this.random() * 3)}`;
    const [key, alias] = [`datacenter:${name}`, `alias ${this.#next()}`];
    if ((this.facts.get(key) ?? null) === null) {
      await this.#change({ key, action: 'DATACENTER_CREATE', mutation: 'mutation ($input: CreateDatacenterInput!) { createDatacenter(input: $input) { name } }', variables: { input: { name, alias } }, after: alias });
    } else if (this.random() < 0.4) {
      await this.#change({ key, action: 'DATACENTER_DELETE', mutation: 'mutation ($name: String!) { deleteDatacenter(name: $name) }', variables: { name }, after: null });
    } else {
      await this.#change({ key, action: 'DATACENTER_UPDATE', mutation: 'mutation ($input: UpdateDatacenterInput!) { updateDatacenter(input: $input) { name } }', variables: { input: { name, alias } }, after: alias });
    }
  }

  async #limit(): Promise<void> {
    const limit = 100 + this.#next();
    const mutation = 'mutation ($input: UpdateDatacenterSettingsInput!) { updateDatacenterSettings(input: $input) { name } }';
    await this.#change({ key: 'limit:dc-c', action: 'SETTINGS_UPDATE', mutation, variables: { input: { datacenter: 'dc-c', vmsImageLimit: limit } }, after: String(limit) });
  }

  async #repository(): Promise<void> {
    const key = 'repository:mirror';
    const [url = ''] = this.services.source.mirrors.filter((mirror) => mirror !== this.facts.get(key));
    if ((this.facts.get(key) ?? null) === null) {
      await this.#change({ key, action: 'SETTINGS_UPDATE', mutation: 'mutation ($input: NamedUrlInput!) { addImageRepository(input: $input) { name } }', variables: { input: { name: 'mirror', url } }, after: url });
    } else if (this.random() < 0.4) {
      await this.#change({ key, action: 'SETTINGS_UPDATE', mutation: 'mutation ($name: String!) { removeImageRepository(name: $name) }', variables: { name: 'mirror' }, after: null });
    } else {
      await this.#change({ key, action: 'SETTINGS_UPDATE', mutation: 'mutation ($input: NamedUrlInput!) { updateImageRepository(input: $input) { name } }', variables: { input: { name: 'mirror', url } }, after: url });
    }
  }

  async #user(): Promise<void> {
    const username = `user-${Math.floor(this.random() * 3)}`;
    const [key, email] = [`user:${username}`, `u${this.#next()}@example.com`];
    const isNew = (this.facts.get(key) ?? null) === null;
    const mutation = isNew ? 'mutation ($input: CreateUserInput!) { createUser(input: $input) { username } }' : 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { username } }';
    await this.#change({ key, action: null, mutation, variables: { input: { username, email } }, after: email });
  }

  async #group(): Promise<void> {
    const name = `group-${Math.floor(this.random() * 3)}`;
    const [key, alias] = [`group:${name}`, `alias ${this.#next()}`];
    if ((this.facts.get(key) ?? null) === null) {
      const mutation = 'mutation ($input: CreateGroupInput!) { createGroup(input: $input) { name } }';
      await this.#change({ key, action: null, mutation, variables: { input: { name, alias, permissions: ['IMAGE_ADMIN'], datacenters: ['main'] } }, after: alias });
    } else {
      await this.#change({ key, action: null, mutation: 'mutation ($name: String!) { deleteGroup(name: $name) }', variables: { name }, after: null });
    }
  }

  async #refresh(): Promise<void> {
    const { client, ledger, history } = this.services;
    const outcome = await client.change('mutation { refreshImageRepository(name: "remote") { added task { id status } } }', {});
    history.change(`refresh remote by ${outcome.by}: ${outcome.kind === 'refused' ? outcome.code : outcome.kind}`);
    ledger.record('REPOSITORY_REFRESH', outcome, outcome.kind === 'done' ? outcome.data.refreshImageRepository.task.id : null);
  }

  async #refreshAll(): Promise<void> {
    const { client, history } = this.services;
    const outcome = await client.change('mutation { refreshImageRepositories { added task { id } } }', {});
    history.change(`refresh all by ${outcome.by}: ${outcome.kind === 'refused' ? outcome.code : outcome.kind}`);
  }

  async #change({ key, action, mutation, variables, after }: FactChange): Promise<void> {
    const { client, ledger, history } = this.services;
    const before = this.facts.get(key) ?? (await this.read(key));
    const outcome = await client.change(mutation, variables);
    history.change(`${key} to ${after ?? 'nothing'} by ${outcome.by}: ${outcome.kind === 'done' ? 'acknowledged' : JSON.stringify(outcome).slice(0, 200)}`);
    if (action !== null) ledger.record(action, outcome, null);
    if (outcome.kind === 'unknown') await sleep(LOST_MS);
    const allowed = outcome.kind === 'done' ? [after] : outcome.kind === 'refused' ? [before] : [before, after];
    const now = await this.#settled(key, allowed);
    if (!allowed.includes(now)) history.broken(`${key} is ${now ?? 'absent'} in place of ${allowed.map((one) => one ?? 'absent').join(' or ')}: the change was ${outcome.kind}.`);
    this.facts.set(key, now);
  }

  /** Another gateway may show for a moment what was. */
  async #settled(key: string, allowed: readonly (string | null)[]): Promise<string | null> {
    for (const deadline = performance.now() + LAG_MS; ; ) {
      const now = await this.read(key);
      if (allowed.includes(now) || performance.now() > deadline) return now;
      await sleep(100);
    }
  }
}
