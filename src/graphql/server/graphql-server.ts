import type { GraphQLSchema } from 'graphql';
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { RequestContainerFactory } from '../../access/request-container-factory.js';
import { clientAddress } from '../../platform/http/client-address.js';
import type { DatabaseOutage } from '../../platform/database/outage/database-outage.js';
import type { Metrics } from '../../platform/metrics.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import { Admission } from '../admission/admission.js';
import { SignInReport } from '../admission/sign-in-report.js';
import { ConnectionQuota } from '../admission/connection-quota.js';
import type { Sizes } from '../admission/cost/catalogue-sizes.js';
import type { BudgetSettings } from '../admission/cost/cost-budget.js';
import { TrustedDocuments } from '../admission/trusted-documents.js';
import { CompiledOperations } from '../compiled/compiled-operations.js';
import { OperationMetrics } from '../pipeline/operation-metrics.js';
import { OperationPipeline } from '../pipeline/operation-pipeline.js';
import { OperationReport } from '../pipeline/operation-report.js';
import { StreamMetrics } from '../pipeline/stream-metrics.js';
import { originCheck } from './cross-origin.js';
import { OpenStreams } from '../pipeline/open-streams.js';
import { persistedQueries, type PersistedQueries } from './persisted-queries.js';

/** Sockets that may be open without a token, all callers together. */
const MAX_ANONYMOUS_SOCKETS = 200;

export interface GraphqlServerSettings {
  introspection: boolean;
  budget: BudgetSettings;
  /** Failed sign-ins per address and minute; 0: unlimited. */
  failedSignIns: number;
  /** The highest cost of one operation. */
  cost: number;
  socketsPerUser: number;
  operationsPerSocket: number;
  /** Over all WebSockets and SSE streams. */
  operationsPerUser: number;
  /** CIDRs of proxies whose X-Forwarded-For is believed. */
  trustProxy: readonly string[];
  /** Origins, besides our own, whose pages may open streams. */
  origins: readonly string[];
  /** Path of the manifest of trusted documents; null: any document may run. */
  trustedDocuments: string | null;
  /** False: every operation goes through Apollo Server and graphql-js. */
  compiledOperations: boolean;
  publicUrl: string;
}

export interface GraphqlServerServices {
  schema: GraphQLSchema;
  /** The schema without the access rules of the fields of `Query`; compiled operations check those themselves. */
  schemaBelowTheRoot: GraphQLSchema;
  containers: RequestContainerFactory;
  changes: ChangeBus;
  metrics: Metrics;
  /** Recent sizes of the catalogue, which costs depend on. */
  sizes: () => Sizes;
  log: Logger;
  outage: DatabaseOutage;
}

/** What the GraphQL transports share. */
export interface GraphqlServer {
  schema: GraphQLSchema;
  admission: Admission;
  pipeline: OperationPipeline;
  report: OperationReport;
  compiled: CompiledOperations;
  metrics: OperationMetrics;
  changes: ChangeBus;
  persistedQueries: PersistedQueries;
  /** Bounds the WebSockets and SSE streams of one user. */
  connectionQuota: ConnectionQuota;
  /** Bounds the sockets without a token, all together. */
  anonymousQuota: ConnectionQuota;
  operationsPerSocket: number;
  isOriginAllowed: (request: IncomingMessage) => boolean;
  addressOf: (request: IncomingMessage) => string;
  log: Logger;
  /** Tells the log of a database that is away. */
  outage: DatabaseOutage;
  /** The subscriptions over SSE and WebSocket. */
  openStreams: OpenStreams;
}

/** Builds what the transports share. Throws when the manifest of trusted documents cannot be read. */
export function createGraphqlServer(services: GraphqlServerServices, settings: GraphqlServerSettings): GraphqlServer {
  const { schema, containers, changes, sizes, log, outage } = services;
  const trusted = settings.trustedDocuments === null ? null : TrustedDocuments.read(settings.trustedDocuments);
  const admission = new Admission(schema, containers, { ...settings, trusted, sizes, signIns: new SignInReport(log, services.metrics.registry) });
  changes.useBudget(admission.ledger.budget);
  const metrics = new OperationMetrics(services.metrics.registry, trusted?.names ?? null);
  const report = new OperationReport(log, metrics);
  const persisted = persistedQueries(trusted);
  const documentOf = async (hash: string): Promise<string | undefined> => persisted.get(`apq:${hash}`);
  return {
    schema,
    admission,
    pipeline: new OperationPipeline({ schema, admission, report, changes, log, outage, metrics: new StreamMetrics(services.metrics.registry), operationQuota: new ConnectionQuota(settings.operationsPerUser), documentOf }),
    report,
    compiled: new CompiledOperations(services.schemaBelowTheRoot, settings.compiledOperations, services.metrics.registry),
    metrics,
    changes,
    persistedQueries: persisted,
    connectionQuota: new ConnectionQuota(settings.socketsPerUser),
    anonymousQuota: new ConnectionQuota(MAX_ANONYMOUS_SOCKETS),
    operationsPerSocket: settings.operationsPerSocket,
    isOriginAllowed: originCheck(settings.publicUrl, settings.origins),
    addressOf: clientAddress(settings.trustProxy),
    log,
    outage,
    openStreams: new OpenStreams(),
  };
}
