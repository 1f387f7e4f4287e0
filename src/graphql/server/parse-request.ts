import type { FastifyRequest } from 'fastify';
import { AppError } from '../../platform/errors.js';
import type { OperationRequest } from '../pipeline/operation-pipeline.js';

type Fields = Record<string, unknown>;

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(message: string): AppError {
  return new AppError('BAD_REQUEST', message);
}

function fromSearchParameters(query: Fields): Fields {
  const parsed = (name: 'variables' | 'extensions'): unknown => {
    const text = Object.hasOwn(query, name) ? query[name] : undefined;
    if (text === undefined) return undefined;
    try {
      return JSON.parse(String(text)) as unknown;
    } catch {
      throw malformed(`The parameter ${name} is not JSON.`);
    }
  };
  return { query: query.query, operationName: query.operationName, variables: parsed('variables'), extensions: parsed('extensions') };
}

/** The operation that a request carries, as GraphQL over HTTP has it: a JSON body, or search parameters. BAD_REQUEST otherwise. */
export function parseRequest(request: FastifyRequest): OperationRequest {
  const fields = request.method === 'GET' ? fromSearchParameters(request.query as Fields) : request.body;
  if (!isRecord(fields)) throw malformed('The body must be a JSON object with "query"; several operations in one request are not accepted.');
  const { query, operationName, variables, extensions } = fields;
  if (typeof (query ?? '') !== 'string') throw malformed('"query" must be a string.');
  if (typeof (operationName ?? '') !== 'string') throw malformed('"operationName" must be a string.');
  if (!isRecord(variables ?? {})) throw malformed('"variables" must be an object.');
  if (!isRecord(extensions ?? {})) throw malformed('"extensions" must be an object.');
  return fields as OperationRequest;
}
