import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { follow } from '../support/follow.js';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

interface SpanSent {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: { key: string; value: { stringValue?: string } }[];
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;
let repository: ImgapiRepository;
let collector: Server;
const spans: SpanSent[] = [];

beforeAll(async () => {
  collector = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString())).on('end', () => {
      const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: SpanSent[] }[] }[] };
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  repository = await startImgapiRepository({ images: [makeImage({ name: 'one', version: '1', size: 5000 })] });
  ({ gateway, admin, folder } = await startFresh({ LOG_LEVEL: 'debug', TRACES: `http://127.0.0.1:${(collector.address() as { port: number }).port}` }));
});
afterAll(async () => {
  await gateway?.stop();
  await repository?.close();
  collector?.close();
  await folder?.remove();
});

async function send(query: string, headers: Record<string, string> = {}): Promise<Response> {
  const common = { 'content-type': 'application/json', authorization: `Bearer ${admin.key}` };
  return fetch(`${gateway.url}/graphql`, { method: 'POST', headers: { ...common, ...headers }, body: JSON.stringify({ query }) });
}

async function metrics(): Promise<string> {
  return (await fetch(`${gateway.url}/metrics`)).text();
}

describe('/metrics', () => {
  it('counts operations by known name and outcome, however many names somebody makes up', async () => {
    await send('query Shown { viewer { user { username } } }');
    await send('query Shown { viewer { user { username } } }');
    await send('mutation Refused { deleteDatacenter(name: "none") }');
    for (let at = 0; at < 150; at += 1) await send(`query Made${at} { __typename }`);
    const text = await metrics();
    expect(text).toContain('gateway_operations_total{operation="Shown",kind="query",transport="http",outcome="OK"} 2');
    expect(text).toContain('gateway_operations_total{operation="other",kind="mutation",transport="http",outcome="NOT_FOUND"} 1');
    expect(text).toContain('gateway_operation_duration_seconds_count{kind="query",transport="http"}');
    expect(text.match(/operation="Made\d+"/g)!.length).toBeLessThan(100);
    expect(text).toMatch(/operation="other",kind="query".*outcome="OK"\} \d+/);
  });

  it('tells of tasks, repositories, bytes and the event loop', async () => {
    const [image] = repository.images;
    const input = { name: 'one', manifestUrl: repository.manifestUrl(image!), datacenter: 'main' };
    const { importImage } = await admin.run('mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }', { input });
    await admin.ended(importImage.task.id);
    const repositories = [{ name: 'remote', url: repository.url }, { name: 'broken', url: 'http://127.0.0.1:9' }];
    await admin.run('mutation ($input: UpdateGlobalSettingsInput!) { updateGlobalSettings(input: $input) { vmsImageVmNic } }', { input: { vmsImageRepositories: repositories } });
    await admin.send('mutation { refreshImageRepositories { added } }');
    await (await fetch(`${gateway.url}/imgapi/images/${String(image!.manifest.uuid)}/file`)).arrayBuffer();
    await expect.poll(metrics, { timeout: 20_000 }).toContain('gateway_tasks{action="IMAGE_IMPORT",status="SUCCEEDED",outcome="OK"} 1');
    const text = await metrics();
    expect(text).toMatch(/gateway_tasks\{action="REPOSITORY_REFRESH",status="FAILED",outcome="REPOSITORY_UNREACHABLE"\} 1/);
    expect(text).toMatch(/gateway_repository_age_seconds\{repository="remote"\} \d/);
    expect(text).toContain('gateway_repository_failed{repository="broken"} 1');
    expect(text).toContain('gateway_repository_failed{repository="remote"} 0');
    expect(Number(/gateway_image_bytes_sent_total (\d+)/.exec(text)![1])).toBeGreaterThan(5000);
    expect(Number(/gateway_task_bytes\{action="IMAGE_IMPORT"\} (\d+)/.exec(text)![1])).toBe(5000);
    expect(text).toMatch(/nodejs_eventloop_lag_p99_seconds \d/);
  });
});

/** The log so far, line by line. */
function lines(): Record<string, unknown>[] {
  return gateway.output().split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function lineOf(requestId: string): Promise<Record<string, unknown>> {
  return lineWith((line) => line.requestId === requestId);
}

async function lineWith(isMeant: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
  for (;;) {
    const found = lines().find(isMeant);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('the log', () => {
  it('has a line per operation, with who, what, how long and both ids', async () => {
    await send('query Seen { viewer { user { username } } }', { 'x-request-id': 'seen-1', traceparent: `00-${TRACE}-b7ad6b7169203331-01` });
    expect(await lineOf('seen-1')).toMatchObject({ level: 20, operation: 'Seen', kind: 'query', outcome: 'OK', user: 'admin', transport: 'http', traceId: TRACE, ms: expect.any(Number), cost: 18 });
  });

  it('tells refusals at info, with the code, the words and the user', async () => {
    await send('mutation Gone { deleteDatacenter(name: "none") }', { 'x-request-id': 'gone-1' });
    expect(await lineOf('gone-1')).toMatchObject({ level: 30, operation: 'Gone', user: 'admin', outcome: 'NOT_FOUND', refusals: [{ code: 'NOT_FOUND', message: expect.stringContaining('none'), path: 'deleteDatacenter' }] });
    await send('{ __typename }', { 'x-request-id': 'nobody-1', authorization: 'Bearer wrong' });
    expect(await lineOf('nobody-1')).toMatchObject({ level: 30, user: null, outcome: 'UNAUTHENTICATED' });
    await send('{ __typename }', { 'x-request-id': 'foreign-1', 'content-type': 'text/plain' });
    expect(await lineOf('foreign-1')).toMatchObject({ level: 30, outcome: 'BAD_REQUEST' });
  });

  it('tells why a stream was ended', async () => {
    await admin.run('mutation { createUser(input: { username: "ended" }) { username } }');
    const { createApiKey } = await admin.run('mutation { createApiKey(input: { username: "ended", name: "k" }) { id key } }');
    const following = await follow('sse', gateway.url, createApiKey.key, 'subscription { taskChanged { id } }');
    await admin.run(`mutation { revokeApiKey(id: "${createApiKey.id}") }`);
    expect(await following.ended).toBe('UNAUTHENTICATED');
    expect(await lineWith(({ msg }) => msg === 'A stream was ended.')).toMatchObject({ level: 30, user: 'ended', code: 'UNAUTHENTICATED', transport: 'sse' });
    await following.stop();
  });

  it('never has a key in it', () => {
    const logged = lines().map((line) => JSON.stringify(line)).join('\n');
    expect(logged.length).toBeGreaterThan(1000);
    expect(logged).not.toContain(admin.key);
  });
});

describe('traces', () => {
  it('lead from the request through the resolver to the statements, within the trace of the caller', async () => {
    await send('query Traced { datacenters { nodes { name } } }', { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` });
    const find = (name: RegExp, parent: string | undefined) => spans.find((span) => name.test(span.name) && span.traceId === TRACE && span.parentSpanId === parent);
    let request: SpanSent | undefined;
    while ((request = find(/^POST \/graphql$/, '00f067aa0ba902b7')) === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
    const resolver = find(/^Query\.datacenters$/, request.spanId);
    expect(resolver?.attributes).toContainEqual({ key: 'graphql.operation.name', value: { stringValue: 'Traced' } });
    const statement = find(/^sql select$/, resolver!.spanId);
    expect(statement?.attributes.find(({ key }) => key === 'db.query.text')?.value.stringValue).toMatch(/^select .* from .*datacenter/is);
  });
});
