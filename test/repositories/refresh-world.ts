import pino from 'pino';
import { SYSTEM_USERNAME, User } from '../../src/access/people/user.entity.js';
import { Viewer } from '../../src/access/viewer.js';
import { ImgapiClient } from '../../src/imgapi/client.js';
import type { Database } from '../../src/platform/database/database.js';
import { GuardedFetch } from '../../src/platform/fetch/fetch.js';
import { LocalFileStore } from '../../src/platform/store/local/local-file-store.js';
import { ImageRepository } from '../../src/repositories/image-repository.entity.js';
import type { ImageRepositoryType } from '../../src/repositories/image-repository.type.js';
import { accessToRepositories } from '../../src/repositories/credentials/repository-access.js';
import { RefreshRepository } from '../../src/repositories/refresh/refresh-repository.js';
import { DatacenterQueries } from '../../src/datacenters/datacenter.queries.js';
import { ImageQueries } from '../../src/images/image.queries.js';
import { RepositoryImageQueries } from '../../src/repositories/entries/repository-image.queries.js';
import { RepositoryQueries } from '../../src/repositories/repository.queries.js';
import { RepositoryService } from '../../src/repositories/repository.service.js';
import { ChangeBus } from '../../src/tasks/changes/change-bus.js';
import { TaskQueries } from '../../src/tasks/task.queries.js';
import { TaskRunner } from '../../src/tasks/runner/task-runner.js';
import { openMigratedDatabase } from '../support/database.js';
import { temporaryFolder } from '../support/temp-folder.js';

export interface RefreshWorld extends AsyncDisposable {
  database: Database;
  changes: ChangeBus;
  runner: TaskRunner;
  fetch: GuardedFetch;
  imgapi: ImgapiClient;
  store: LocalFileStore;
  storePath: string;
  /** A SuperAdmin. */
  operator: Viewer;
  systemId: number;
  addRepository(facts: { name: string; url: string; isLocal?: boolean }): Promise<ImageRepository>;
  /** What a viewer's request works with. */
  as(viewer: Viewer): { service: RepositoryService; repositories: RepositoryQueries; entries: RepositoryImageQueries };
  /** The runner of a process that starts anew on the same database. */
  newRunner(): TaskRunner;
  repository(name: string): Promise<ImageRepositoryType>;
  /** UUIDs that readers see, sorted. */
  shown(name: string): Promise<string[]>;
  /** Rows in the table, seen or not. */
  storedRows(): Promise<number>;
}

async function createUsers(database: Database): Promise<{ operator: Viewer; systemId: number }> {
  const em = database.em.fork();
  const operator = em.create(User, { username: 'operator', isSuperAdmin: true });
  const system = em.create(User, { username: SYSTEM_USERNAME, active: false });
  await em.flush();
  const facts = { userId: operator.id, username: 'operator', isSuperAdmin: true, currentDatacenterId: null, memberships: [] };
  return { operator: new Viewer(facts), systemId: system.id };
}

/** A migrated database with what refreshes repositories, and nothing else of the gateway. */
export async function createRefreshWorld(): Promise<RefreshWorld> {
  const folder = await temporaryFolder();
  const storePath = `${folder.path}/images`;
  const { database, close } = await openMigratedDatabase();
  const { operator, systemId } = await createUsers(database);
  const [changes, fetch, store] = [new ChangeBus(), new GuardedFetch({ allow: [] }), new LocalFileStore(storePath)];
  const imgapi = new ImgapiClient(fetch);
  const handler = new RefreshRepository({ database, changes, store, imgapi, accessTo: accessToRepositories(new Map()) });
  const newRunner = () => new TaskRunner(database, changes, pino({ level: 'silent' }), { handlers: { REPOSITORY_REFRESH: handler } });
  const runner = newRunner();
  const as: RefreshWorld['as'] = (viewer) => {
    const em = database.em.fork();
    const [repositories, tasks] = [new RepositoryQueries(em, viewer), new TaskQueries(em, viewer)];
    const service = new RepositoryService({ em, viewer, changes, runner, repositories, tasks });
    return { service, repositories, entries: new RepositoryImageQueries(em, viewer, new ImageQueries(em, viewer, new DatacenterQueries(em, viewer))) };
  };
  const repository = async (name: string) => as(operator).repositories.require(name);
  return {
    database, changes, runner, fetch, imgapi, store, storePath, operator, systemId, as, newRunner, repository,
    async addRepository(facts) {
      const em = database.em.fork();
      const row = em.create(ImageRepository, { isLocal: false, ...facts });
      await em.persist(row).flush();
      return row;
    },
    async shown(name) {
      const selection = { items: true, totalCount: true, fields: new Set<string>() };
      const list = await as(operator).entries.page(await repository(name), { page: { first: 200 }, selection });
      return list.nodes.map((node) => node.uuid).sort();
    },
    async storedRows() {
      const [row] = await database.em.fork().getConnection().execute<{ total: number | string }[]>('select count(*) as total from repository_image');
      return Number(row?.total);
    },
    async [Symbol.asyncDispose]() {
      await runner.stop();
      await fetch.close();
      await close();
      await folder.remove();
    },
  };
}
