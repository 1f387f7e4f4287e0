import { reasonOf } from '../../platform/fetch/fetch-failure.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';
import { Refused, Unreachable } from '../command-error.js';

export type Variables = Readonly<Record<string, unknown>>;

export interface GraphqlError {
  message: string;
  path?: readonly (string | number)[];
  extensions?: { code?: string; fields?: unknown };
}

export interface GraphqlAnswer {
  data?: unknown;
  errors?: readonly GraphqlError[];
}

export interface GatewayClientOptions {
  server: URL;
  key: string;
  timeoutMs: number;
}

/** Errors as text for people: a code and a sentence each. */
export function errorText(errors: readonly GraphqlError[]): string {
  return errors.map(({ message, extensions }) => (extensions?.code === undefined ? message : `${extensions.code}: ${message}`)).join('\n');
}

/** Speaks GraphQL to one gateway with one key. Whatever a caller gives travels as a variable. */
export class GatewayClient {
  constructor(private readonly options: GatewayClientOptions) {}

  get server(): URL {
    return this.options.server;
  }

  /** The data of an operation. Throws Refused when the answer has any error, Unreachable when there is no answer. */
  async run<Data>(document: string, variables: Variables = {}): Promise<Data> {
    const { data, errors = [] } = await this.send(document, variables);
    const [first] = errors;
    if (first !== undefined) throw new Refused(withAdvice(errorText(errors), first.extensions?.code), first.extensions?.code ?? null);
    if (data === undefined || data === null) throw new Refused('The gateway answered without data.');
    return data as Data;
  }

  /** The answer as it is, with its errors. */
  async send(document: string, variables: Variables): Promise<GraphqlAnswer> {
    const response = await this.#post(JSON.stringify({ query: document, variables }));
    const text = await response.text().catch((error: unknown) => this.#fail(error));
    const answer = parsed(text);
    if (answer !== null && response.status !== 404) return answer;
    throw new Unreachable(`${redactUrl(this.server)} answers, but not as an image gateway does (HTTP ${response.status}). Check the address that "login" or GATEWAY_URL gave.`);
  }

  async #post(body: string): Promise<Response> {
    const headers = { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${this.options.key}` };
    const signal = AbortSignal.timeout(this.options.timeoutMs);
    // A redirect would take the key to a server that nobody named.
    return fetch(endpointOf(this.server), { method: 'POST', headers, body, signal, redirect: 'manual' }).catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): never {
    if (error instanceof Error && error.name === 'TimeoutError') {
      throw new Unreachable(`${redactUrl(this.server)} gave no answer within ${this.options.timeoutMs / 1000} s. Try again, or allow more with --timeout.`);
    }
    throw new Unreachable(`${redactUrl(this.server)} cannot be reached: ${reasonOf(error instanceof Error ? (error.cause ?? error) : error)}. Check that the gateway runs, and the address that "login" or GATEWAY_URL gave.`);
  }
}

function endpointOf(server: URL): URL {
  const endpoint = new URL(server);
  endpoint.pathname = `${server.pathname.replace(/\/+$/, '')}/graphql`;
  return endpoint;
}

function parsed(text: string): GraphqlAnswer | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && ('data' in value || 'errors' in value) ? (value as GraphqlAnswer) : null;
  } catch {
    return null;
  }
}

function withAdvice(text: string, code: string | undefined): string {
  return code === 'UNAUTHENTICATED' ? `${text}\nThe key is not accepted: run "image-gateway login" again, or set GATEWAY_KEY to a key that holds.` : text;
}
