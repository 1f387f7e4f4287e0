import { createClient } from 'graphql-ws';
import { type ErrorCode, getSdk, type Operation, type Sdk, type TaskProgressFragment, type Transport } from './sdk.ts';

interface GraphqlError {
  message: string;
  extensions?: { code?: ErrorCode };
}

interface Answer<R> {
  data?: R | null;
  errors?: readonly GraphqlError[];
}

/** What the gateway refused, or could not do: branch on `code`, show `message` to people. */
export class GatewayError extends Error {
  readonly code: ErrorCode;

  constructor(errors: readonly GraphqlError[]) {
    super(errors.map(({ message }) => message).join('\n'));
    this.name = 'GatewayError';
    this.code = errors[0]?.extensions?.code ?? 'INTERNAL_SERVER_ERROR';
  }
}

function dataOf<R>({ data, errors }: Answer<R>): R {
  if (errors !== undefined && errors.length > 0) throw new GatewayError(errors);
  if (data === undefined || data === null) throw new GatewayError([{ message: 'The gateway answered without data.' }]);
  return data;
}

/** What ended a subscription: the errors of its operation, or the close of the socket that refused the token. */
function refusalOf(reason: unknown): unknown {
  if (Array.isArray(reason)) return new GatewayError(reason as GraphqlError[]);
  const isUnauthorized = typeof reason === 'object' && reason !== null && 'code' in reason && reason.code === 4401;
  return isUnauthorized ? new GatewayError([{ message: 'The token is not accepted.', extensions: { code: 'UNAUTHENTICATED' } }]) : reason;
}

export interface Connection {
  /** Where the gateway is, such as http://127.0.0.1:4000 */
  url: string;
  /** An API key or a JWT. */
  token: string;
}

/** The SDK over HTTP, and over one WebSocket that is open while there is a subscription. */
export function connect({ url, token }: Connection): Sdk {
  const endpoint = new URL('/graphql', url);
  const authorization = `Bearer ${token}`;
  const socket = createClient({ url: endpoint.href.replace(/^http/, 'ws'), connectionParams: { authorization } });
  const transport: Transport = {
    async send<R, V>(query: Operation<R, V>, variables: V): Promise<R> {
      const headers = { 'content-type': 'application/json', accept: 'application/json', authorization };
      const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
      return dataOf((await response.json()) as Answer<R>);
    },
    follow<R, V>(query: Operation<R, V>, variables: V): AsyncIterable<R> {
      const events = socket.iterate<R>({ query, variables: variables as Record<string, unknown> });
      // No generator: leaving one would wait for its next event.
      const next = async (): Promise<IteratorResult<R>> => {
        const event = await events.next().catch((reason: unknown) => Promise.reject(refusalOf(reason)));
        return event.done === true ? event : { done: false, value: dataOf(event.value as Answer<R>) };
      };
      const leave = async (): Promise<IteratorResult<R>> => {
        await events.return?.();
        return { done: true, value: undefined };
      };
      return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
    },
  };
  return getSdk(transport);
}

/** The task as it is now and whenever it has gone on, until it has ended. An event that was missed costs a second at most. */
export async function* progress(sdk: Sdk, id: string): AsyncGenerator<TaskProgressFragment> {
  const events = sdk.followTask({ id })[Symbol.asyncIterator]();
  let event = events.next();
  try {
    for (;;) {
      const { task } = await sdk.task({ id });
      if (task === null) return;
      yield task;
      if (task.status !== 'PENDING' && task.status !== 'RUNNING') return;
      const second = new Promise<null>((resolve) => setTimeout(resolve, 1000, null));
      const happened = await Promise.race([event, second]);
      if (happened !== null) event = happened.done === true ? new Promise(() => undefined) : events.next();
    }
  } finally {
    event.catch(() => undefined);
    await events.return?.();
  }
}
