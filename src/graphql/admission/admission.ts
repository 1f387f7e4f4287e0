import type { EventEmitter } from 'node:events';
import { type DocumentNode, type GraphQLSchema, NoSchemaIntrospectionCustomRule, type OperationDefinitionNode, type ValidationRule } from 'graphql';
import type { GatewayContext, RequestScope } from '../../access/scope.js';
import type { ScopeFactory } from '../../access/scope-factory.js';
import { AppError, badInput, unauthenticated } from '../../platform/errors.js';
import { InputCheck } from './check-input.js';
import { Costs } from './cost.js';
import { FailedSignIns } from './failed-sign-ins.js';
import { LIMIT_RULES } from './limits.js';
import { Rate } from './rate.js';
import type { TrustedDocuments } from './trusted-documents.js';
import { coerceVariables, type VariableValues } from './variables.js';

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
export interface DoorContext extends GatewayContext, Caller {
  /** Of `performance.now()`. */
  startedAt: number;
  /** Known once the operation was admitted. */
  cost?: number;
  /** Coerced, as compiled code takes them; known once the operation was admitted. */
  variables?: VariableValues;
  /** Set once its end was told to the report. */
  isReported?: boolean;
}

export interface AdmissionRules {
  introspection: boolean;
  /** Operations per user and minute; 0 is any number. */
  rate: number;
  /** Failed sign-ins per address and minute; 0 is any number. */
  failedSignIns: number;
  /** What an operation may cost. */
  cost: number;
  /** null: any document. */
  trusted: TrustedDocuments | null;
}

/** Who may run what, before anything runs; the same rules for every transport. */
export class Admission {
  /** Beside those of the specification. */
  readonly rules: readonly ValidationRule[];
  readonly #rate: Rate;
  readonly #failed: FailedSignIns;
  readonly #costs: Costs;
  readonly #input: InputCheck;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly scopes: ScopeFactory,
    private readonly settings: AdmissionRules,
  ) {
    this.rules = settings.introspection ? LIMIT_RULES : [...LIMIT_RULES, NoSchemaIntrospectionCustomRule];
    this.#rate = new Rate(settings.rate);
    this.#failed = new FailedSignIns(settings.failedSignIns);
    this.#costs = new Costs(schema);
    this.#input = new InputCheck(schema);
  }

  /** UNAUTHENTICATED without a good token, RATE_LIMITED for who sends too much. `address` is asked only when it matters. */
  async signIn(caller: Caller, address: () => string): Promise<DoorContext> {
    const startedAt = performance.now();
    const scope = await this.open(caller.authorization, address);
    if (caller.connection !== undefined) scope.operation.answerOn(caller.connection);
    const wait = this.#rate.take(scope.viewer.username);
    if (wait > 0) {
      const message = `You have sent more than the ${this.settings.rate} operations that one user may send in a minute; go on in ${wait} s.`;
      throw new AppError('RATE_LIMITED', message, { retryAfter: wait });
    }
    return { ...caller, scope, startedAt };
  }

  /** The same without counting an operation. */
  async open(authorization: string | undefined, address: () => string): Promise<RequestScope> {
    // Who is signed in already does not wait for others behind the same address.
    if (authorization !== undefined && !this.scopes.knows(authorization)) this.#failed.demandPatience(address());
    try {
      const scope = await this.scopes.open(authorization);
      if (!scope.isAnonymous) return scope;
    } catch (error) {
      if (error instanceof AppError && error.code === 'UNAUTHENTICATED') this.#failed.note(address());
      throw error;
    }
    throw unauthenticated();
  }

  /** With a manifest: DOCUMENT_NOT_TRUSTED for what is not in it. `hash` is the SHA-256 of the document's text. */
  demandTrusted(hash: string): void {
    this.settings.trusted?.demand(hash);
  }

  /** What depends on the variables: BAD_USER_INPUT with all faults at once, QUERY_TOO_COMPLEX. The variables as resolvers get them. */
  demandRunnable(document: DocumentNode, operation: OperationDefinitionNode, variables: Record<string, unknown>, context: DoorContext): VariableValues {
    if (operation.operation === 'subscription' && context.transport === 'http') {
      throw new AppError('BAD_REQUEST', 'A subscription is a stream: send "Accept: text/event-stream", or use a WebSocket with graphql-transport-ws.');
    }
    if (operation.operation === 'mutation') context.scope.operation.limitHeavyReadsOnly();
    const { values, faults } = coerceVariables(this.schema, operation, variables);
    if (faults !== null) throw badInput(faults);
    const oversized = this.#input.faultsOf(document, operation, values);
    if (oversized.length > 0) throw badInput(oversized);
    context.variables = values;
    context.cost = this.#costs.of(document, operation, variables);
    if (context.cost > this.settings.cost) {
      const message = `The operation may resolve ${context.cost} fields; at most ${this.settings.cost} are accepted. Ask for smaller pages (first, last) or fewer nested lists.`;
      throw new AppError('QUERY_TOO_COMPLEX', message, { cost: context.cost, limit: this.settings.cost });
    }
    return values;
  }
}
