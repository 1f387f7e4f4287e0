import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectFile } from '../laws/sources.js';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
import { supergraphOf } from './compose.js';
import { startCompute } from './compute.js';
import { PLANNERS, type Router, startApolloGateway, startHiveGateway } from './gateways.js';
import type { Subgraph } from './subgraph.js';

interface SpanSent {
  name: string;
  traceId: string;
  traceState?: string;
}

const NAMES = ['Apollo Gateway', ...Object.keys(PLANNERS).map((name) => `Hive Gateway, ${name} planner`)];

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;
let collector: Server;
let compute: Subgraph;
const spans: SpanSent[] = [];
const routers: Record<string, Router> = {};

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    const { resourceSpans } = (await json(request)) as { resourceSpans: { scopeSpans: { spans: SpanSent[] }[] }[] };
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  ({ gateway, admin, folder } = await startFresh({ LOG_LEVEL: 'debug', TRACES: `http://127.0.0.1:${(collector.address() as AddressInfo).port}` }));
  compute = await startCompute({});
  const supergraph = supergraphOf([{ name: 'images', url: `${gateway.url}/graphql`, sdl: projectFile('schema.subgraph.graphql') }, compute]);
  routers['Apollo Gateway'] = await startApolloGateway(supergraph);
  for (const [name, planner] of Object.entries(PLANNERS)) routers[`Hive Gateway, ${name} planner`] = startHiveGateway(supergraph, planner, {});
});
afterAll(async () => {
  for (const one of [...Object.values(routers), compute]) await one?.[Symbol.asyncDispose]();
  await gateway?.stop();
  collector?.close();
  await folder?.remove();
});

it.each(NAMES.map((name, at) => ({ name, trace: `0af7651916cd43dd8448eb211c80319${at}` })))('$name forwards the headers of tracing, and log and spans show the trace', async ({ name, trace }) => {
  const headers = { traceparent: `00-${trace}-b7ad6b7169203331-01`, tracestate: 'vendor=of-the-caller', baggage: 'tenant=blue' };
  compute.requests.length = 0;
  const { errors } = await routers[name]!.send(admin.key!, 'query Traced { running { cpus } viewer { user { username } } }', {}, headers);
  expect(errors).toEqual([]);
  expect(compute.requests).toMatchObject([{ headers }]);
  await expect.poll(() => spans, { timeout: 20_000 }).toContainEqual(expect.objectContaining({ traceId: trace, name: 'POST /graphql', traceState: headers.tracestate }));
  const lines = gateway.output().split('\n').filter((line) => line.includes(`"traceId":"${trace}"`));
  expect(lines.map((line) => (JSON.parse(line) as { user: string }).user)).toContain('admin');
});
