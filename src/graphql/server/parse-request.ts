import type { FastifyRequest } from 'fastify';
import { AppError } from '../../platform/errors.js';
import type { OperationRequest } from '../pipeline/operation-pipeline.js';

type Fields = Record<string, unknown>;

/** Whether a value is an object other than an array, as JSON has them. */
export function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(message: string): AppError {
  return new AppError('BAD_REQUEST', message);
}

function optionalString(name: string, value: unknown): string | null | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value;
  throw malformed(`"${name}" must be a string.`);
}

function optionalObject(name: string, value: unknown): Fields | null | undefined {
  if (value === undefined || value === null || isRecord(value)) return value;
  throw malformed(`"${name}" must be an object.`);
}

function parseJson(name: string, text: unknown): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(String(text)) as unknown;
  } catch {
    throw malformed(`The parameter ${name} is not JSON.`);
  }
}

function fromSearchParameters({ query, operationName, variables, extensions }: Fields): Fields {
  return { query, operationName, variables: parseJson('variables', variables), extensions: parseJson('extensions', extensions) };
}

/** Reads the operation of a request as GraphQL over HTTP defines it: from a JSON body, or from search parameters. Throws BAD_REQUEST. */
export function parseRequest({ method, query: search, body }: FastifyRequest): OperationRequest {
  const fields = method === 'GET' && isRecord(search) ? fromSearchParameters(search) : body;
  if (!isRecord(fields)) throw malformed('The body must be a JSON object with "query"; several operations in one request are not accepted.');
  return {
    query: optionalString('query', fields.query),
    operationName: optionalString('operationName', fields.operationName),
    variables: optionalObject('variables', fields.variables),
    extensions: optionalObject('extensions', fields.extensions),
  };
}
