import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema, type GraphQLResolverMap } from '@apollo/subgraph';
import { graphql, parse } from 'graphql';

/** One request that a gateway sent to a subgraph. */
export interface SubgraphRequest {
  query: string;
  representations: readonly Record<string, unknown>[];
  headers: IncomingHttpHeaders;
}

/** A further subgraph of the supergraph, as a real HTTP server that remembers what it was asked. */
export interface Subgraph extends AsyncDisposable {
  name: string;
  url: string;
  sdl: string;
  requests: SubgraphRequest[];
}

interface Body {
  query: string;
  operationName?: string;
  variables?: Record<string, unknown>;
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export async function startSubgraph(name: string, sdl: string, resolvers: GraphQLResolverMap<unknown>): Promise<Subgraph> {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers }]);
  const requests: SubgraphRequest[] = [];
  const server = createServer(async (request, response) => {
    const { query, operationName, variables = {} } = JSON.parse(await textOf(request)) as Body;
    const representations = Object.values(variables).flat().filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null);
    requests.push({ query, representations, headers: request.headers });
    const answer = await graphql({ schema, source: query, operationName, variableValues: variables });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    name,
    sdl,
    requests,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
