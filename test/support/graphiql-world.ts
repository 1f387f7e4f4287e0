import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fastify } from 'fastify';
import { buildSchema, graphql } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { registerGraphiql } from '../../src/graphql/server/graphiql.js';

/** Where `npm run build` puts GraphiQL. */
export const BUNDLE = join(import.meta.dirname, '../../dist/graphiql');

/** The keys that sign in as "ada" and as "bob"; every other one is refused. */
export const KEY = 'key+of/ada=';
export const OTHER_KEY = 'key+of/bob=';
const NAMES: Readonly<Record<string, string>> = { [`Bearer ${KEY}`]: 'ada', [`Bearer ${OTHER_KEY}`]: 'bob' };

const schema = buildSchema(`
  type Query { viewer: Viewer! }
  type Viewer { user: User! currentDatacenter: Datacenter! datacenters: [Datacenter!]! permissions(datacenter: String): [String!]! }
  type User { username: String! isSuperAdmin: Boolean! groups: [Group!]! }
  type Group { name: String! permissions: [String!]! datacenters: [Datacenter!]! }
  type Datacenter { name: String! alias: String! access: String! imageCount: Int! }
  type Subscription { taskChanged: Task! }
  type Task {
    id: ID! action: String! status: String! phase: String! bytesDone: Int bytesTotal: Int imageName: String errorCode: String error: String
  }
`);

const main = { name: 'main', alias: 'Main', access: 'PUBLIC', imageCount: 7 };
const viewerNamed = (username: string) => ({
  user: { username, isSuperAdmin: true, groups: [] },
  currentDatacenter: main,
  datacenters: [main],
  permissions: ({ datacenter }: { datacenter: string }) => [`ADMIN of ${datacenter}`],
});

export interface GraphiqlWorld extends AsyncDisposable {
  origin: string;
  /** What each request and each socket said of itself, in order. */
  authorizations: { http: (string | undefined)[]; socket: unknown[] };
  /** Lets the running subscription send its second and last event. */
  finishTask(): void;
}

/** A real server with GraphiQL and a small GraphQL API behind it, over HTTP and WebSocket. */
export async function startWorld(): Promise<GraphiqlWorld> {
  const app = fastify();
  const authorizations: GraphiqlWorld['authorizations'] = { http: [], socket: [] };
  const finished = Promise.withResolvers<void>();
  await registerGraphiql(app, { folder: BUNDLE });

  app.post<{ Body: { query: string; variables?: Record<string, unknown>; operationName?: string } }>('/graphql', async (request, reply) => {
    authorizations.http.push(request.headers.authorization);
    const username = NAMES[request.headers.authorization ?? ''];
    if (username === undefined) return reply.code(401).send({ errors: [{ message: 'Sign in first.' }] });
    const { query, variables, operationName } = request.body;
    return graphql({ schema, source: query, variableValues: variables, operationName, rootValue: { viewer: viewerNamed(username) } });
  });

  const sockets = new WebSocketServer({ server: app.server, path: '/graphql' });
  const subscriptions = useServer(
    {
      schema,
      onConnect: ({ connectionParams }) => {
        authorizations.socket.push(connectionParams?.['authorization']);
        return String(connectionParams?.['authorization']) in NAMES;
      },
      roots: { subscription: { taskChanged: () => taskEvents(finished.promise) } },
    },
    sockets,
  );

  await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    origin: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    authorizations,
    finishTask: () => finished.resolve(),
    async [Symbol.asyncDispose]() {
      await subscriptions.dispose();
      await app.close();
    },
  };
}

async function* taskEvents(finished: Promise<void>): AsyncGenerator {
  const task = { id: '1', action: 'IMAGE_IMPORT', imageName: 'debian-12', bytesTotal: 2000 };
  yield { taskChanged: { ...task, status: 'RUNNING', phase: 'DOWNLOADING', bytesDone: 1000 } };
  await finished;
  yield { taskChanged: { ...task, status: 'SUCCEEDED', phase: 'DONE', bytesDone: 2000 } };
}
