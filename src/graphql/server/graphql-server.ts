import type { GraphQLSchema } from 'graphql';
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { RequestContainerFactory } from '../../access/request-container-factory.js';
import { clientAddress } from '../../platform/http/client-address.js';
import type { Metrics } from '../../platform/metrics.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import { Admission } from '../admission/admission.js';
import type { Sizes } from '../admission/cost/catalogue-sizes.js';
import type { BudgetSettings } from '../admission/cost/cost-budget.js';
import { CompiledOperations } from '../compiled/compiled-operations.js';
import { OperationMetrics } from '../pipeline/operation-metrics.js';
import { OperationReport } from '../pipeline/operation-report.js';
import { OperationPipeline } from '../pipeline/operation-pipeline.js';
import { originCheck } from './origins.js';
import { StreamMetrics } from '../pipeline/stream-metrics.js';
import { persistedQueries, type PersistedQueries } from './persisted-queries.js';
import { ConnectionQuota } from '../admission/connection-quota.js';
import { TrustedDocuments } from '../admission/trusted-documents.js';

/** Sockets that nobody has signed in on; they can do nothing but wait. */
const ANONYMOUS_SOCKETS = 200;

export interface GraphqlServerSettings {
  introspection: boolean;
  budget: BudgetSettings;
  /** Failed sign-ins per address and minute; 0 is any number. */
  failedSignIns: number;
  /** What an operation may cost. */
  cost: number;
  socketsPerUser: number;
  operationsPerSocket: number;
  /** Over all WebSockets and SSE streams. */
  operationsPerUser: number;
  /** CIDRs of proxies that are believed when they say whom they speak for. */
  trustProxy: readonly string[];
  /** Origins of pages, besides our own, that may open streams. */
  origins: readonly string[];
  /** Path of the manifest of trusted documents; null: any document. */
  trustedDocuments: string | null;
  /** False: every operation goes through Apollo Server and graphql-js. */
  compiledOperations: boolean;
  publicUrl: string;
}

export interface GraphqlServerServices {
  schema: GraphQLSchema;
  /** The same without the rules of the fields of `Query`. */
  schemaBelowTheRoot: GraphQLSchema;
  containers: RequestContainerFactory;
  changes: ChangeBus;
  metrics: Metrics;
  /** Of the catalogue as it is about now, which costs depend on. */
  sizes: () => Sizes;
  log: Logger;
}

/** What the transports of GraphQL share. */
export interface GraphqlServer {
  schema: GraphQLSchema;
  admission: Admission;
  pipeline: OperationPipeline;
  report: OperationReport;
  compiled: CompiledOperations;
  metrics: OperationMetrics;
  changes: ChangeBus;
  persistedQueries: PersistedQueries;
  connectionQuota: ConnectionQuota;
  /** Of sockets without a token, all together. */
  anonymousQuota: ConnectionQuota;
  operationsPerSocket: number;
  isOriginAllowed: (request: IncomingMessage) => boolean;
  addressOf: (request: IncomingMessage) => string;
  log: Logger;
  /** How what is open is ended, when the process stops. */
  openStreams: Set<() => void>;
}

/** Puts together what the transports share. Throws when the manifest of trusted documents is no good. */
export function createGraphqlServer(parts: GraphqlServerServices, settings: GraphqlServerSettings): GraphqlServer {
  const { schema, containers, changes, sizes, log } = parts;
  const trusted = settings.trustedDocuments === null ? null : TrustedDocuments.read(settings.trustedDocuments);
  const admission = new Admission(schema, containers, { ...settings, trusted, sizes });
  changes.useBudget(admission.ledger.budget);
  const metrics = new OperationMetrics(parts.metrics.registry, trusted?.names ?? null);
  const report = new OperationReport(log, metrics);
  const persisted = persistedQueries(trusted);
  const documentOf = async (hash: string): Promise<string | undefined> => persisted.get(`apq:${hash}`);
  return {
    schema,
    admission,
    pipeline: new OperationPipeline({ schema, admission, report, changes, log, metrics: new StreamMetrics(parts.metrics.registry), open: new ConnectionQuota(settings.operationsPerUser), documentOf }),
    report,
    compiled: new CompiledOperations(parts.schemaBelowTheRoot, settings.compiledOperations, parts.metrics.registry),
    metrics,
    changes,
    persistedQueries: persisted,
    connectionQuota: new ConnectionQuota(settings.socketsPerUser),
    anonymousQuota: new ConnectionQuota(ANONYMOUS_SOCKETS),
    operationsPerSocket: settings.operationsPerSocket,
    isOriginAllowed: originCheck(settings.publicUrl, settings.origins),
    addressOf: clientAddress(settings.trustProxy),
    log,
    openStreams: new Set(),
  };
}
