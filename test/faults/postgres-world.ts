import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.js';
import { type PgBouncer, startPgBouncer } from '../support/pgbouncer.js';
import { freePort } from '../../src/platform/http/http.js';
import type { FaultHistory } from './history.js';
import { openRows, type Rows } from './rows.js';
import { writeTaskLog } from './task-log.js';
import { type FaultWorld, layGround, type Outage, subfolder } from './world.js';

const POOL = 20;
/** Longer than the shortest wait for a connection of the pool. */
const AWAY_MS = 1500;

/** A pooler that is gone for a moment and comes back at the same address. */
class RestartedPooler implements Outage {
  readonly name = 'the pooler';

  private constructor(
    private readonly direct: string,
    private readonly port: number,
    private running: PgBouncer,
  ) {}

  static async start(direct: string): Promise<RestartedPooler | null> {
    const port = await freePort('127.0.0.1');
    const running = await startPgBouncer(direct, POOL, port);
    return running === null ? null : new RestartedPooler(direct, port, running);
  }

  get url(): string {
    return this.running.url;
  }

  async restart(): Promise<void> {
    await this.running.stop();
    this.running = (await startPgBouncer(this.direct, POOL, this.port)) ?? this.running;
  }

  async stop(): Promise<void> {
    await this.running.stop();
  }
}

async function startDatabase(): Promise<{ server: OwnPostgres; url: string }> {
  const server = await startOwnPostgres({ hba: 'host all all 127.0.0.1/32 trust\n', settings: () => ['fsync=on', 'synchronous_commit=on', 'max_connections=100'] });
  const of = (name: string): string => `postgres://postgres:password@127.0.0.1:${server.port}/${name}`;
  const rows: Rows = openRows({ kind: 'postgres', url: of('postgres') });
  await rows.execute('create database faults');
  await rows.close();
  return { server, url: of('faults') };
}

/** The observer's own name in the log of tasks is that of the process that wrote. */
function named(url: string, name: string): string {
  const address = new URL(url);
  address.searchParams.set('application_name', name);
  return address.href;
}

/** Three gateways over one Postgres that syncs its writes: an API, a worker, and one that is both. Two of them ask through a pooler. */
export async function startPostgresWorld(history: FaultHistory): Promise<FaultWorld> {
  const ground = await layGround(history);
  const { server, url } = await startDatabase();
  const pooler = await RestartedPooler.start(url);
  if (pooler === null) ground.missing.push('PgBouncer: it is not installed here, and apt-get cannot download it, so every gateway asked Postgres itself');
  const store = await subfolder(ground.disk?.path ?? ground.folder.path, 'images');
  const common = { IMAGE_STORE: `file:${store}` };
  const through = (name: string): Record<string, string> =>
    pooler === null ? { DATABASE_URL: named(url, name) } : { DATABASE_URL: named(pooler.url, name), DATABASE_DIRECT_URL: named(url, name) };
  const settingsOf = (isPooled: boolean) => (name: string): Record<string, string> => ({ ...ground.settings(name), ...common, ...(isPooled ? through(name) : { DATABASE_URL: named(url, name) }) });
  const folder = ground.folder.path;
  const members = [
    ground.member({ name: 'api', run: 'api', folder, isAlone: false, settings: settingsOf(true) }),
    ground.member({ name: 'worker', run: 'worker', folder, isAlone: false, settings: settingsOf(false) }),
    ground.member({ name: 'both', run: 'api,worker', folder, isAlone: false, settings: settingsOf(true) }),
  ];
  const spare = ground.member({ name: 'spare', run: 'worker', folder, isAlone: false, settings: settingsOf(false) });
  const keys = await Promise.all(members.map(async (member) => member.start()));
  const rows = openRows({ kind: 'postgres', url });
  await writeTaskLog(rows);
  const database: Outage = {
    name: 'Postgres',
    async restart(isCrash) {
      await (isCrash ? server.crash() : server.stop());
      await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
      await server.start();
    },
  };
  return {
    ...ground,
    isSqlite: false,
    members,
    spare,
    rows,
    storePath: store,
    outages: pooler === null ? [database] : [database, pooler],
    key: keys.find((key) => key !== null) ?? '',
    settings: { ...common, DATABASE_URL: url, DATA_DIR: await subfolder(folder, 'command') },
    async close() {
      await Promise.all([...members, spare].map(async (member) => member.stop()));
      await rows.close();
      await pooler?.stop();
      await server.remove();
      await ground.close();
    },
  };
}
