import type { ApolloServerPlugin, GraphQLRequestContext, GraphQLRequestContextWillSendResponse } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import { AppError, DATABASE_RETRY_SECONDS } from '../../platform/errors.js';
import type { OperationContext } from '../admission/admission.js';
import type { GraphqlServer } from './graphql-server.js';
import { boundedErrors, statusOf, withStatus } from '../pipeline/public-errors.js';
import { changesRights } from '../pipeline/changes-rights.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const GRAPHQL_TYPE = 'application/graphql-response+json; charset=utf-8';
/** Codes of operations that are at fault in a request that is well-formed. */
const WELL_FORMED = new Set(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', 'OPERATION_RESOLUTION_FAILURE', 'QUERY_TOO_COMPLEX']);

/** Whether the response to this Accept header is application/json, by the rules of GraphQL over HTTP. */
export function prefersApplicationJson(accept: string | undefined): boolean {
  if (accept === undefined) return true;
  const graphql = accept.indexOf('application/graphql-response+json');
  const json = accept.search(/application\/json|application\/\*|\*\/\*/);
  return json !== -1 && (graphql === -1 || json < graphql);
}

/**
 * Answers a well-formed request with 200 in application/json, whatever is wrong with its operation, as GraphQL over HTTP asks for
 * that media type; in application/graphql-response+json the status tells.
 */
function negotiateStatus({ request, response }: GraphQLRequestContextWillSendResponse<OperationContext>): void {
  const { http, body } = response;
  if (body.kind !== 'single' || (http.status ?? 200) < 400) return;
  const codes = body.singleResult.errors?.map((error) => String(error.extensions?.code)) ?? [];
  if (!codes.every((code) => WELL_FORMED.has(code))) return;
  const isJson = prefersApplicationJson(request.http?.headers.get('accept'));
  http.headers.set('content-type', isJson ? JSON_TYPE : GRAPHQL_TYPE);
  if (isJson) http.status = 200;
}

/** Answers with 503, and no data, where nothing could be answered because the database is away. */
function refuseUnavailable({ response: { http, body } }: GraphQLRequestContextWillSendResponse<OperationContext>): void {
  if (body.kind !== 'single') return;
  const { errors = [], data } = body.singleResult;
  const isWhole = errors.length > 0 && errors.every(({ extensions }) => extensions?.code === 'DATABASE_UNAVAILABLE') && Object.values(data ?? {}).every((value) => value === null);
  if (!isWhole) return;
  delete body.singleResult.data;
  http.status = statusOf('DATABASE_UNAVAILABLE');
  http.headers.set('retry-after', String(DATABASE_RETRY_SECONDS));
}

function finish(graphqlServer: GraphqlServer, context: GraphQLRequestContextWillSendResponse<OperationContext>): void {
  const { contextValue, operation, response } = context;
  if (operation !== undefined && changesRights(operation)) graphqlServer.changes.publish({ type: 'rights' });
  if (response.body.kind !== 'single') return;
  const { singleResult } = response.body;
  if (singleResult.errors !== undefined) singleResult.errors = boundedErrors(singleResult.errors);
  singleResult.extensions = { ...singleResult.extensions, ...graphqlServer.admission.settleCost(contextValue) };
  setHeaders(response.http.headers, graphqlServer.admission.budgetHeaders(contextValue, retryAfterIn(singleResult.errors)));
  graphqlServer.report.finish({ context: contextValue, operation, errors: singleResult.errors });
}

function setHeaders(headers: Map<string, string>, pairs: readonly string[]): void {
  for (let at = 0; at < pairs.length; at += 2) headers.set(pairs[at] ?? '', pairs[at + 1] ?? '');
}

/** The seconds after which a refused operation fits into the budget. */
function retryAfterIn(errors: readonly GraphQLFormattedError[] | undefined): number | undefined {
  const { code, retryAfter } = errors?.[0]?.extensions ?? {};
  return code === 'RATE_LIMITED' && typeof retryAfter === 'number' ? retryAfter : undefined;
}

function admit(graphqlServer: GraphqlServer, { document, operation, request, queryHash, contextValue }: GraphQLRequestContext<OperationContext>): void {
  try {
    graphqlServer.admission.requireTrusted(queryHash ?? '');
    if (document && operation) graphqlServer.admission.admit(document, operation, request.variables ?? {}, contextValue);
  } catch (error) {
    throw error instanceof AppError ? withStatus(error) : error;
  }
}

/** Connects Apollo Server's request lifecycle to admission and to the report. */
export function admissionPlugin(graphqlServer: GraphqlServer): ApolloServerPlugin<OperationContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation(context) {
          admit(graphqlServer, context);
        },
        async executionDidStart({ operation, contextValue }) {
          if (operation?.operation === 'query') graphqlServer.admission.ledger.chargeInterpreter(contextValue.charges);
        },
        async validationDidStart({ source, contextValue }) {
          graphqlServer.admission.chargeDocument(source, contextValue);
        },
        async willSendResponse(context) {
          negotiateStatus(context);
          refuseUnavailable(context);
          finish(graphqlServer, context);
        },
      };
    },
  };
}
