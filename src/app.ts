import type { IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { accessModule } from './access/access.module.js';
import { fetchKeysWith } from './access/sign-in/fetch-keys.js';
import { provide } from './access/request-container.js';
import { RequestContainerFactory } from './access/request-container-factory.js';
import { shielded, shieldedBelowTheRoot } from './access/shield.js';
import { ApiKeyUses } from './access/api-keys/api-key-uses.js';
import { SignIns } from './access/sign-in/authenticate.js';
import { secretFileIn } from './access/sign-in/signing-secret.js';
import { createTokenVerifier } from './access/sign-in/token.js';
import type { Config } from './config/config.js';
import { datacenterModule } from './datacenters/datacenter.module.js';
import { DatacenterQueries } from './datacenters/datacenter.queries.js';
import { readImageServer } from './datacenters/settings/image-server-state.js';
import { createTaskRunner } from './app-tasks.js';
import { lockData, needsOf, reachDatabase } from './app-data.js';
import { ENTITIES } from './entities.js';
import { prepareFirstStart } from './first-start.js';
import { registerEntrance } from './graphql/server/entrance.js';
import { registerGraphiql } from './graphql/server/graphiql.js';
import { CatalogueSizes } from './graphql/admission/cost/catalogue-sizes.js';
import { createGraphqlServer } from './graphql/server/graphql-server.js';
import { allowCrossOrigin } from './graphql/server/cross-origin.js';
import { openHttpTransport } from './graphql/server/http-transport.js';
import { NodeResolver } from './graphql/schema/node.resolver.js';
import { referenceResolvers } from './graphql/schema/reference-resolvers.js';
import { buildGatewaySchema } from './graphql/schema/schema.js';
import { traceRootFields } from './graphql/schema/trace-root-fields.js';
import { openWebsocketTransport } from './graphql/server/websocket/websocket-transport.js';
import { imageServerRewriter } from './image-server/request-url.js';
import { imageServerFault, registerImageServer } from './image-server/routes.js';
import { countSentBytes } from './image-server/sent-bytes-metric.js';
import { imageModule } from './images/image.module.js';
import { restoreLabels } from './images/rules/restore-labels.js';
import { restoreSearchTexts } from './access/people/search-text.js';
import { storeRecordOf } from './images/store/store-record.js';
import { StoreSweep } from './images/store/store-sweep.js';
import { ImgapiClient } from './imgapi/client.js';
import { CallerTrust } from './platform/http/caller-trust.js';
import { type Database, migrate, missingSearchIndex, openDatabase } from './platform/database/database.js';
import { inTransaction } from './platform/database/in-transaction.js';
import { restoreNameKeys } from './platform/database/schema/restore-name-keys.js';
import { DatabaseOutage } from './platform/database/outage/database-outage.js';
import { forgetCachedReads } from './platform/database/cache-invalidation.js';
import { Drain } from './platform/http/drain.js';
import { GuardedFetch } from './platform/fetch/fetch.js';
import type { FileStore } from './platform/store/file-store.js';
import { openStore } from './platform/store/open-store.js';
import { RecordedIdentity } from './platform/store/store-identity.js';
import { Readiness, registerHealth, type Stage } from './platform/http/health.js';
import { createHttpServer, type RequestInterceptor, reservePort } from './platform/http/http.js';
import { registerAvailability, registerDiskMetrics } from './platform/disk-metrics.js';
import { Metrics } from './platform/metrics.js';
import { registerDatabaseMetrics } from './platform/database/metrics/database-metrics.js';
import { protectDataFiles } from './platform/store/private-files.js';
import { maintainSearchIndexes } from './platform/database/search/search-upkeep.js';
import { Tracing } from './platform/tracing.js';
import { syncLocalRepository } from './repositories/local-repository.js';
import { registerRepositoryMetrics } from './repositories/repository-metrics.js';
import { repositoryModule } from './repositories/repository.module.js';
import { resetStaleRefreshes } from './repositories/refresh/reset-stale-refreshes.js';
import { RefreshSchedule } from './repositories/refresh/refresh-schedule.js';
import { purgeRetiredRepositories } from './repositories/retired-repositories.js';
import { findOrigin } from './repositories/entries/find-origin.js';
import { type AccessTo, accessToRepositories, type CredentialsFor, credentialsFrom, unknownRepositoryAuth } from './repositories/credentials/repository-access.js';
import { ChangeBus } from './tasks/changes/change-bus.js';
import { ChangeHistory } from './tasks/changes/change-history.js';
import { ChangeRelay } from './tasks/changes/change-relay.js';
import { PeriodicReauthorization } from './tasks/changes/periodic-reauthorization.js';
import { deleteOldKeysRegularly } from './tasks/idempotency/key-upkeep.js';
import { registerTaskMetrics } from './tasks/task-metrics.js';
import { TaskDatacenters } from './tasks/task-datacenters.js';
import { taskModule } from './tasks/task.module.js';
import { TaskRunner } from './tasks/runner/task-runner.js';
import { virtualServerModule } from './virtual-servers/virtual-server.module.js';
import { withStartLock } from './platform/database/open/start-lock.js';

/** Where `npm run build` puts GraphiQL, seen from the built file. */
const GRAPHIQL_FOLDER = fileURLToPath(new URL('./graphiql', import.meta.url));

/** The interval at which scrapes look whether the image store can be written. */
const STORE_CHECK_MS = 30_000;

/** Services that live as long as the process. */
interface Work {
  database: Database;
  outage: DatabaseOutage;
  changes: ChangeBus;
  history: ChangeHistory;
  store: FileStore;
  fetch: GuardedFetch;
  imgapi: ImgapiClient;
  accessTo: AccessTo;
  credentialsFor: CredentialsFor;
  runner: TaskRunner;
  metrics: Metrics;
  tracing: Tracing | null;
  imageServerUrl: string;
}

export interface Gateway {
  publicUrl: string;
  database: Database;
  /** A key that signs `admin` in; only where the database was empty before. */
  firstKey: string | null;
  /** Stops taking requests, lets running ones end within OPERATION_TIMEOUT, leaves tasks where the next start takes them up. */
  close(): Promise<void>;
}

async function createWork(config: Config, database: Database, tracing: Tracing | null, log: Logger): Promise<Work> {
  const outage = new DatabaseOutage(database, log);
  const history = new ChangeHistory(database);
  const changes = new ChangeBus(history);
  const record = storeRecordOf(database);
  const store = await openStore(config.imageStore, { identity: (mark) => new RecordedIdentity(mark, record), isSoleOwner: config.database.kind === 'sqlite' });
  const fetch = new GuardedFetch({ allow: config.fetchAllow, proxies: config.proxies });
  const imgapi = new ImgapiClient(fetch);
  const accessTo = accessToRepositories(config.repositoryAuth);
  const runner = createTaskRunner(config, { database, outage, changes, store, storeRecord: record, fetch, imgapi, accessTo }, log);
  if (!config.run.worker) runner.leaveToWorkers();
  const metrics = new Metrics();
  registerTaskMetrics(metrics.registry, database);
  registerRepositoryMetrics(metrics.registry, database);
  registerDatabaseMetrics(metrics.registry, database);
  registerDiskMetrics(metrics.registry, { data: config.dataDir, ...(config.imageStore.kind === 'file' && { store: config.imageStore.path }) });
  registerAvailability(metrics.registry, { name: 'gateway_store_up', help: '1 when the image store can be read and written, else 0; asked twice a minute at most.', everyMs: STORE_CHECK_MS, check: async () => store.reach() });
  return { database, outage, changes, history, store, fetch, imgapi, accessTo, credentialsFor: credentialsFrom(config.repositoryAuth), runner, metrics, tracing, imageServerUrl: `${config.publicUrl}/imgapi` };
}

function createContainers(config: Config, work: Work, signIns: SignIns): RequestContainerFactory {
  const entries = [
    ...accessModule(config),
    ...taskModule(work),
    ...datacenterModule(work),
    ...imageModule({ ...work, findOrigin }),
    ...repositoryModule(work),
    ...virtualServerModule(work),
    provide(NodeResolver, (container) => new NodeResolver(container)),
    provide(TaskDatacenters, (container) => ({
      datacenterId: async (name) => (await container.get(DatacenterQueries).require(name)).id,
    })),
  ];
  return new RequestContainerFactory(work.database, signIns, entries, config.limits.operationTimeoutMs);
}

/** Opens every transport. Returns two functions: the first ends open streams and sockets, the second runs after the last request. */
async function openTransports({ app, drain, requestInterceptor }: { app: FastifyInstance; drain: Drain; requestInterceptor: RequestInterceptor }, config: Config, work: Work, log: Logger): Promise<[end: () => Promise<void>, after: () => Promise<void>]> {
  const verifyToken = await createTokenVerifier(config.auth, secretFileIn(config.dataDir), { fetch: fetchKeysWith(work.fetch), log });
  const keyUses = new ApiKeyUses(work.database, log);
  const signIns = new SignIns({ database: work.database, verifyToken, keyUses, provision: config.provision, log });
  const graph = await buildGatewaySchema({ referenceResolvers });
  const traced = (schema: GraphQLSchema): GraphQLSchema => (work.tracing === null ? schema : traceRootFields(schema, work.tracing));
  const [schema, schemaBelowTheRoot] = [traced(shielded(graph)), traced(shieldedBelowTheRoot(graph))];
  const sizes = await CatalogueSizes.open(work.database, log);
  const graphqlServer = createGraphqlServer({ ...work, schema, schemaBelowTheRoot, sizes: () => sizes.current(), containers: createContainers(config, work, signIns), log }, { ...config, ...config.limits });
  if (config.origins.length > 0) await allowCrossOrigin(app, config.origins);
  // CORS, traces and the drain need Fastify's hooks, which the fast path skips.
  const mayBypassHooks = ({ headers }: IncomingMessage): boolean => !drain.isDraining && work.tracing === null && (config.origins.length === 0 || headers.origin === undefined);
  const stopApollo = await openHttpTransport({ app, requestInterceptor }, graphqlServer, mayBypassHooks);
  const closeSockets = openWebsocketTransport(app.server, graphqlServer);
  if (config.graphiql) await registerGraphiql(app, { folder: GRAPHIQL_FOLDER, provider: config.graphiqlProvider });
  registerEntrance(app, config.graphiql);
  countSentBytes(app, work.metrics.registry);
  await registerImageServer(app, { ...work, trust: new CallerTrust(config), trustedNetworks: config.imgapiTrusted, atRoot: config.imgapiAtRoot, log });
  const reminders = new PeriodicReauthorization(work.changes);
  const end = async (): Promise<void> => {
    reminders.stop();
    graphqlServer.openStreams.completeAll();
    await closeSockets(config.limits.operationTimeoutMs);
    work.changes.close();
  };
  const after = async (): Promise<void> => {
    await stopApollo();
    await keyUses.flush();
  };
  return [end, after];
}

/** Migrates and fills the database before the transports open. Returns the first key of a new database. */
async function prepare(config: Config, work: Work, log: Logger): Promise<string | null> {
  const applied = await migrate(work.database, (message) => log.warn(message));
  if (applied.length > 0) log.info({ applied }, 'Migrations applied.');
  const unindexed = await missingSearchIndex(work.database);
  if (unindexed !== null) log.warn(unindexed);
  await restoreNameKeys(work.database.em.fork());
  await restoreLabels(work.database.em.fork());
  await restoreSearchTexts(work.database.em.fork());
  const firstKey = await prepareFirstStart(work.database);
  const server = await readImageServer(work.database.em.fork());
  await inTransaction(work.database.em.fork(), async (tx) => syncLocalRepository(tx, server?.hostname ?? null, work.imageServerUrl));
  const unknown = await unknownRepositoryAuth(work.database.em, config.repositoryAuth);
  if (unknown.length > 0) log.warn({ settings: unknown.map((name) => `REPOSITORY_AUTH_${name}`) }, 'No repository of that name is configured; the setting has no effect until one is.');
  // Only a worker cleans up unfinished work.
  if (!config.run.worker) return firstKey;
  await resetStaleRefreshes(work.database.em.fork());
  await work.store.check().catch((error: unknown) => log.warn({ err: error }, 'The image store is not available; images cannot be imported.'));
  return firstKey;
}

/** In a worker: resumes open tasks, refreshes repositories on a schedule, purges retired ones, deletes old idempotency keys, sweeps the image store and maintains the search indexes. */
async function startWorking(config: Config, work: Work, log: Logger): Promise<() => Promise<void>> {
  if (!config.run.worker) return async () => undefined;
  const resumed = await work.runner.start();
  if (resumed > 0) log.info({ tasks: resumed }, 'Open tasks taken up again.');
  const schedule = new RefreshSchedule({ ...work, log }, config.refreshIntervalSeconds);
  schedule.start();
  const sweep = new StoreSweep(work.database, work.store, log);
  sweep.start();
  const upkeep = maintainSearchIndexes(work.database, log);
  const keyUpkeep = deleteOldKeysRegularly(work.database, log);
  const purge = new AbortController();
  const purged = purgeRetiredRepositories(work.database.em.fork(), purge.signal).catch((error: unknown) => log.error({ err: error }, 'Retired repositories could not be deleted.'));
  return async () => {
    purge.abort();
    await Promise.all([schedule.stop(), sweep.stop(), upkeep.stop(), keyUpkeep.stop(), purged]);
  };
}

/** Starts a gateway and resolves once it listens. Throws AlreadyRunning when another process has the same SQLite file, or works with SQLite in the same DATA_DIR. */
export async function startGateway(given: Config, log: Logger): Promise<Gateway> {
  const { port, release } = given.port === 0 ? await reservePort(given.host) : { port: given.port, release: null };
  const config = { ...given, port, publicUrl: given.publicUrl.replace(/:0$/, `:${port}`) };
  const unlock = await lockData(config);
  await protectDataFiles({ dataDir: config.dataDir, databasePath: config.database.kind === 'sqlite' ? config.database.path : null }, log);
  const tracing = config.traces === null ? null : await Tracing.start(config.traces);
  const prepares = await reachDatabase(config, log);
  const database = await openDatabase(config.database, ENTITIES, { ...config.databaseLimits, answerMs: config.limits.operationTimeoutMs, prepares, tracing });
  const work = await createWork(config, database, tracing, log);
  const firstKey = await withStartLock(config.database, (message) => log.warn(message), async () => prepare(config, work, log));
  work.changes.onRightsElsewhere(() => forgetCachedReads(database.driver));
  const relay = config.database.kind === 'postgres' ? await ChangeRelay.start(config.database.directUrl ?? config.database.url, work, log) : null;
  work.history.startPruning((error) => log.warn({ err: error }, 'Old records of changes could not be deleted; this is tried again.'));
  let stage: Stage = 'starting';
  const requestInterceptor: RequestInterceptor = { intercept: null };
  const app = createHttpServer(log, { outage: work.outage, trustProxy: config.trustProxy, requestTimeoutMs: config.limits.requestTimeoutMs, ownFaultBody: imageServerFault, rewriteUrl: imageServerRewriter(config.imgapiAtRoot), interceptor: requestInterceptor });
  tracing?.traceRequests(app);
  const drain = new Drain(app, config.limits.operationTimeoutMs);
  registerHealth(app, () => stage, new Readiness(needsOf(config, work), log));
  work.metrics.showReady(() => stage === 'running');
  work.metrics.serve(app, new CallerTrust(config), config.metricsTrusted);
  const [endStreams, afterRequests] = config.run.api ? await openTransports({ app, drain, requestInterceptor }, config, work, log) : [];
  await release?.();
  await app.listen({ host: config.host, port: config.port });
  const stopWorking = await startWorking(config, work, log);
  stage = 'running';
  return {
    publicUrl: config.publicUrl,
    database,
    firstKey,
    async close() {
      stage = 'draining';
      await delay(config.limits.shutdownDelayMs);
      drain.begin();
      // Tasks stop now: other workers take them up, and who waits for the end of one here is answered.
      await Promise.all([stopWorking(), work.runner.stop(), endStreams?.(), drain.close()]);
      await afterRequests?.();
      await work.fetch.close();
      await relay?.stop();
      work.history.stopPruning();
      work.outage.stop();
      await database.close();
      await tracing?.stop();
      unlock();
    },
  };
}
