import type { EventEmitter } from 'node:events';
import { type DocumentNode, type GraphQLSchema, NoSchemaIntrospectionCustomRule, type OperationDefinitionNode, type ValidationRule } from 'graphql';
import type { GatewayContext, RequestContainer } from '../../access/request-container.js';
import { SignInRefused } from '../../access/sign-in/sign-in-failure.js';
import type { RequestContainerFactory } from '../../access/request-container-factory.js';
import { AppError, badInput, unauthenticated } from '../../platform/errors.js';
import { EventLoopQueue } from '../../platform/scheduling/event-loop-queue.js';
import { InputValidator } from './input/input-validator.js';
import { type CostExtension, costExtension, rateLimitHeaders } from './cost/cost-report.js';
import { MAX_DESCRIPTION_US, WEIGHTS } from './cost/cost-weights.js';
import { BudgetExceeded, type Charges, CostLedger } from './cost/cost-ledger.js';
import type { Sizes } from './cost/catalogue-sizes.js';
import type { BudgetSettings } from './cost/cost-budget.js';
import { LoginThrottle } from './login-throttle.js';
import type { SignInOutcome, SignInReport } from './sign-in-report.js';
import { LIMIT_RULES } from './rules/document-limits.js';
import { costOfMicroseconds, OperationCosts } from './cost/operation-costs.js';
import type { TrustedDocuments } from './trusted-documents.js';
import { coerceVariables, type VariableValues } from './input/coerce-variables.js';

export type Transport = 'http' | 'sse' | 'multipart' | 'websocket';

/** What is known of a caller before sign-in. */
export interface Caller {
  authorization: string | undefined;
  transport: Transport;
  readonly requestId: string;
  /** From the W3C traceparent header. */
  traceId: string | undefined;
  /** The client's connection; when it closes, running searches and counts of the operation are stopped. */
  connection?: EventEmitter;
}

/** What a sign-in needs of a caller. */
export type Credentials = Pick<Caller, 'authorization' | 'transport'> & Partial<Pick<Caller, 'requestId'>>;

/** The context of an operation, on every transport. */
export interface OperationContext extends GatewayContext, Caller {
  /** By `performance.now()`. */
  startedAt: number;
  /** What the operation has been charged so far. */
  charges: Charges;
  /** The estimated cost; set at admission. */
  cost?: number;
  /** The coerced variables, which compiled operations read; set at admission. */
  variables?: VariableValues;
  /** True once the operation is in the report. */
  isReported?: boolean;
}

export interface AdmissionSettings {
  introspection: boolean;
  budget: BudgetSettings;
  /** Failed sign-ins per address and minute; 0: unlimited. */
  failedSignIns: number;
  /** The highest cost of one operation. */
  cost: number;
  /** Null: any document may run. */
  trusted: TrustedDocuments | null;
  /** Sizes of the catalogue, which costs depend on. */
  sizes: () => Sizes;
  /** Is told how each sign-in ended. */
  signIns: Pick<SignInReport, 'onOutcome'>;
}

/** Characters of a document that are charged: 2,000 tokens, the most that it may have, are seldom longer without comments. */
const MAX_CHARGED_LENGTH = 16_000;
/** Bodies up to this size are included in the base cost of an operation. */
const SMALL_BODY_BYTES = 16_384;

/** The headers that `budgetHeaders` sets; their values differ from response to response. */
export const BUDGET_HEADERS: ReadonlySet<string> = new Set(['ratelimit', 'ratelimit-policy']);

/** Decides who may run which operation before it runs: sign-in, limits, cost and budget; the same on every transport. */
export class Admission {
  /** Validation rules, besides those of the specification. */
  readonly rules: readonly ValidationRule[];
  readonly ledger: CostLedger;
  /** For work that blocks the event loop: documents to be parsed, and expensive operations. */
  readonly fairQueue = new EventLoopQueue({ waitingPerUser: 10_000, jobs: 'operations' });
  readonly #loginThrottle: LoginThrottle;
  readonly #costs: OperationCosts;
  readonly #input: InputValidator;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly containers: RequestContainerFactory,
    private readonly settings: AdmissionSettings,
  ) {
    this.rules = settings.introspection ? LIMIT_RULES : [...LIMIT_RULES, NoSchemaIntrospectionCustomRule];
    this.ledger = new CostLedger(settings.budget);
    this.#loginThrottle = new LoginThrottle(settings.failedSignIns);
    this.#costs = new OperationCosts(schema, settings.sizes);
    this.#input = new InputValidator(schema);
  }

  /**
   * Signs a caller in and charges the base cost of an operation; `bytes` is the size of the request, `address` is called only when needed.
   * Throws UNAUTHENTICATED without a valid token or key, and RATE_LIMITED when the budget is spent or too many sign-ins failed.
   */
  async signIn(caller: Caller, address: () => string, bytes = 0): Promise<OperationContext> {
    const startedAt = performance.now();
    const container = await this.authenticate(caller, address);
    if (caller.connection !== undefined) container.operation.answerOn(caller.connection);
    const charges = this.ledger.chargeSignIn(container.viewer.username);
    if (bytes > SMALL_BODY_BYTES) this.ledger.chargeExtra(charges, costOfMicroseconds((bytes / 1024) * WEIGHTS.body));
    return { ...caller, container, startedAt, charges };
  }

  /** Signs a caller in without charging an operation. */
  async authenticate(caller: Credentials, address: () => string): Promise<RequestContainer> {
    const { authorization, transport, requestId } = caller;
    const report = (outcome: SignInOutcome, username: string | null = null): void => this.settings.signIns.onOutcome({ outcome, transport, address, username, requestId });
    this.#demandPatience(authorization, address, report);
    try {
      const container = await this.containers.open(authorization);
      report(container.isAnonymous ? 'no credentials' : 'OK');
      if (!container.isAnonymous) return container;
    } catch (error) {
      if (error instanceof SignInRefused) {
        // A key set that cannot be read is no fault of the caller.
        if (error.reason !== 'key set unavailable') this.#loginThrottle.recordFailure(address());
        report(error.reason, error.username);
      }
      throw error;
    }
    throw unauthenticated();
  }

  /** Throws RATE_LIMITED after too many failures. A caller whose token is known to be valid must not wait for others behind the same address. */
  #demandPatience(authorization: string | undefined, address: () => string, report: (outcome: SignInOutcome) => void): void {
    if (authorization === undefined || this.containers.knows(authorization)) return;
    try {
      this.#loginThrottle.check(address());
    } catch (error) {
      report('too many failures');
      throw error;
    }
  }

  /** Settles what an operation that is over was charged, and returns `extensions.cost` for its response. */
  settleCost({ charges, container }: OperationContext): { cost: CostExtension } {
    this.ledger.settle(charges, container.operation.readTime);
    return { cost: costExtension({ requested: charges.cost?.total ?? null, actual: charges.charged }, this.ledger.statusOf(charges)) };
  }

  /** The RateLimit headers of the caller's budget, as a flat list of names and values. */
  budgetHeaders({ charges }: OperationContext, retryAfter?: number): readonly string[] {
    return rateLimitHeaders(this.ledger.statusOf(charges), retryAfter);
  }

  /** Extensions and headers about the caller's budget for a refusal; empty when nobody is signed in. */
  refusalDetails(error: unknown, context: OperationContext | null): { extensions?: object; headers?: readonly string[] } {
    const spent = error instanceof BudgetExceeded ? error : null;
    if (context !== null) return { extensions: this.settleCost(context), headers: this.budgetHeaders(context, spent?.retryAfter) };
    if (spent === null) return {};
    return { extensions: { cost: costExtension({ requested: null, actual: 0 }, spent.status) }, headers: rateLimitHeaders(spent.status, spent.retryAfter) };
  }

  /** Charges the parsing and validation of a document that is not in the cache. */
  chargeDocument(text: string, { charges }: OperationContext): void {
    this.ledger.chargeExtra(charges, costOfMicroseconds(WEIGHTS.document + (Math.min(text.length, MAX_CHARGED_LENGTH) / 1000) * WEIGHTS.documentText));
  }

  /** With a manifest of trusted documents, throws DOCUMENT_NOT_TRUSTED for others. `hash` is the SHA-256 of the document's text. */
  requireTrusted(hash: string): void {
    this.settings.trusted?.require(hash);
  }

  /**
   * Admits a valid operation with these variables and charges its cost; returns the coerced variables. Throws BAD_USER_INPUT with all
   * faults at once, QUERY_TOO_COMPLEX, RATE_LIMITED, or BAD_REQUEST for a subscription over plain HTTP.
   */
  admit(document: DocumentNode, operation: OperationDefinitionNode, variables: Record<string, unknown>, context: OperationContext): VariableValues {
    if (operation.operation === 'subscription' && context.transport === 'http') {
      throw new AppError('BAD_REQUEST', 'A subscription is a stream: send "Accept: text/event-stream", or use a WebSocket with graphql-transport-ws.');
    }
    if (operation.operation === 'mutation') context.container.operation.limitHeavyReadsOnly();
    const { values, faults } = coerceVariables(this.schema, { document, operation, given: variables });
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
