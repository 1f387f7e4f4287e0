import type { EventEmitter } from 'node:events';
import { type DocumentNode, type GraphQLSchema, NoSchemaIntrospectionCustomRule, type OperationDefinitionNode, type ValidationRule } from 'graphql';
import type { GatewayContext, RequestContainer } from '../../access/request-container.js';
import type { RequestContainerFactory } from '../../access/request-container-factory.js';
import { AppError, badInput, unauthenticated } from '../../platform/errors.js';
import { InputValidator } from './input/input-validator.js';
import { type CostExtension, costExtension, rateLimitHeaders } from './cost/cost-report.js';
import { MAX_DESCRIPTION_US, WEIGHTS } from './cost/cost-weights.js';
import { BudgetExceeded, type Charges, CostLedger } from './cost/cost-ledger.js';
import type { Sizes } from './cost/catalogue-sizes.js';
import type { BudgetSettings } from './cost/cost-budget.js';
import { LoginThrottle } from './login-throttle.js';
import { LIMIT_RULES } from './rules/document-limits.js';
import { costOfMicroseconds, OperationCosts } from './cost/operation-costs.js';
import { FairQueue } from './fair-queue.js';
import type { TrustedDocuments } from './trusted-documents.js';
import { coerceVariables, type VariableValues } from './input/coerce-variables.js';

export type Transport = 'http' | 'sse' | 'websocket';

/** What is known of a caller before it is signed in. */
export interface Caller {
  authorization: string | undefined;
  transport: Transport;
  readonly requestId: string;
  /** Of the W3C traceparent header. */
  traceId: string | undefined;
  /** When it closes, the searches and counts that are made for its answer are stopped. */
  connection?: EventEmitter;
}

/** What every operation carries, on every transport. */
export interface OperationContext extends GatewayContext, Caller {
  /** Of `performance.now()`. */
  startedAt: number;
  /** What has been charged for it. */
  charges: Charges;
  /** What it was found to cost; known once it was admitted. */
  cost?: number;
  /** Coerced, as compiled code takes them; known once the operation was admitted. */
  variables?: VariableValues;
  /** Set once its end was told to the report. */
  isReported?: boolean;
}

export interface AdmissionSettings {
  introspection: boolean;
  budget: BudgetSettings;
  /** Failed sign-ins per address and minute; 0 is any number. */
  failedSignIns: number;
  /** What an operation may cost. */
  cost: number;
  /** null: any document. */
  trusted: TrustedDocuments | null;
  /** Of the catalogue, which costs depend on. */
  sizes: () => Sizes;
}

/** The 2,000 tokens that a document may have are seldom more; characters beyond them are a comment. */
const MAX_DOCUMENT_LENGTH = 16_000;
/** Bodies up to this are a part of what every operation costs. */
const SMALL_BODY_BYTES = 16_384;

/** Headers that tell of the budget; their values are of one answer alone. */
export const BUDGET_HEADERS: ReadonlySet<string> = new Set(['ratelimit', 'ratelimit-policy']);

/** Who may run what, before anything runs; the same rules for every transport. */
export class Admission {
  /** Beside those of the specification. */
  readonly rules: readonly ValidationRule[];
  readonly ledger: CostLedger;
  /** For work that holds the event loop: documents that are not known, and dear operations. */
  readonly fairQueue = new FairQueue();
  readonly #failed: LoginThrottle;
  readonly #costs: OperationCosts;
  readonly #input: InputValidator;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly containers: RequestContainerFactory,
    private readonly settings: AdmissionSettings,
  ) {
    this.rules = settings.introspection ? LIMIT_RULES : [...LIMIT_RULES, NoSchemaIntrospectionCustomRule];
    this.ledger = new CostLedger(settings.budget);
    this.#failed = new LoginThrottle(settings.failedSignIns);
    this.#costs = new OperationCosts(schema, settings.sizes);
    this.#input = new InputValidator(schema);
  }

  /** UNAUTHENTICATED without a good token, RATE_LIMITED for whose budget is spent. `address` is asked only when it matters; `bytes` is the size of the request. */
  async signIn(caller: Caller, address: () => string, bytes = 0): Promise<OperationContext> {
    const startedAt = performance.now();
    const container = await this.authenticate(caller.authorization, address);
    if (caller.connection !== undefined) container.operation.answerOn(caller.connection);
    const charges = this.ledger.chargeSignIn(container.viewer.username);
    if (bytes > SMALL_BODY_BYTES) this.ledger.chargeExtra(charges, costOfMicroseconds((bytes / 1024) * WEIGHTS.body));
    return { ...caller, container, startedAt, charges };
  }

  /** The same without counting an operation. */
  async authenticate(authorization: string | undefined, address: () => string): Promise<RequestContainer> {
    // Who is signed in already does not wait for others behind the same address.
    if (authorization !== undefined && !this.containers.knows(authorization)) this.#failed.check(address());
    try {
      const container = await this.containers.open(authorization);
      if (!container.isAnonymous) return container;
    } catch (error) {
      if (error instanceof AppError && error.code === 'UNAUTHENTICATED') this.#failed.recordFailure(address());
      throw error;
    }
    throw unauthenticated();
  }

  /** `extensions.cost` of the answer that is about to be sent; the operation is over, or each of its events. */
  settleCost({ charges, container }: OperationContext): { cost: CostExtension } {
    this.ledger.settle(charges, container.operation.readTime);
    return { cost: costExtension({ requested: charges.cost?.total ?? null, actual: charges.charged }, this.ledger.statusOf(charges)) };
  }

  /** Names and values in turn of the headers that tell of the caller's budget. */
  budgetHeaders({ charges }: OperationContext, retryAfter?: number): readonly string[] {
    return rateLimitHeaders(this.ledger.statusOf(charges), retryAfter);
  }

  /** What an answer that refuses an operation says of the caller's budget; nothing where nobody is signed in. */
  refusalDetails(error: unknown, context: OperationContext | null): { extensions?: object; headers?: readonly string[] } {
    const spent = error instanceof BudgetExceeded ? error : null;
    if (context !== null) return { extensions: this.settleCost(context), headers: this.budgetHeaders(context, spent?.retryAfter) };
    if (spent === null) return {};
    return { extensions: { cost: costExtension({ requested: null, actual: 0 }, spent.status) }, headers: rateLimitHeaders(spent.status, spent.retryAfter) };
  }

  /** Charges what a document takes that is parsed and validated for the first time. */
  chargeDocument(text: string, { charges }: OperationContext): void {
    this.ledger.chargeExtra(charges, costOfMicroseconds(WEIGHTS.document + (Math.min(text.length, MAX_DOCUMENT_LENGTH) / 1000) * WEIGHTS.documentText));
  }

  /** With a manifest: DOCUMENT_NOT_TRUSTED for what is not in it. `hash` is the SHA-256 of the document's text. */
  requireTrusted(hash: string): void {
    this.settings.trusted?.require(hash);
  }

  /** What depends on the variables: BAD_USER_INPUT with all faults at once, QUERY_TOO_COMPLEX, RATE_LIMITED. The variables as resolvers get them. */
  admit(document: DocumentNode, operation: OperationDefinitionNode, variables: Record<string, unknown>, context: OperationContext): VariableValues {
    if (operation.operation === 'subscription' && context.transport === 'http') {
      throw new AppError('BAD_REQUEST', 'A subscription is a stream: send "Accept: text/event-stream", or use a WebSocket with graphql-transport-ws.');
    }
    if (operation.operation === 'mutation') context.container.operation.limitHeavyReadsOnly();
    const { values, faults } = coerceVariables(this.schema, operation, variables);
    if (faults !== null) throw badInput(faults);
    const oversized = this.#input.validate(document, operation, values);
    if (oversized.length > 0) throw badInput(oversized);
    context.variables = values;
    const cost = this.#costs.of(document, operation, { given: variables, coerced: values });
    context.cost = cost.total;
    const limit = this.settings.cost;
    if (cost.total > limit) {
      const message = `The operation costs ${cost.total}; at most ${limit} is accepted. Ask for smaller pages (first, last), fewer nested lists, counts or searches.`;
      throw new AppError('QUERY_TOO_COMPLEX', message, { cost: cost.total, limit });
    }
    const most = costOfMicroseconds(MAX_DESCRIPTION_US);
    if (cost.descriptions > most) {
      const message = `The descriptions of the schema that the operation asks for (__schema, __type, _service) cost ${Math.ceil(cost.descriptions)}; at most ${most} is accepted. Ask for them one after the other.`;
      throw new AppError('QUERY_TOO_COMPLEX', message, { cost: Math.ceil(cost.descriptions), limit: most });
    }
    this.ledger.admit(context.charges, cost);
    return values;
  }
}
