import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFile } from '../laws/sources.js';
import { debianProgram } from '../support/debian-program.js';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;
beforeAll(async () => {
  ({ gateway, admin, folder } = await startFresh());
});
afterAll(async () => {
  await gateway?.stop();
  await folder?.remove();
});

async function metrics(): Promise<string> {
  return (await fetch(`${gateway.url}/metrics`)).text();
}

/** The value of one series; NaN where there is none. */
function valueOf(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1));
}

describe('/metrics', () => {
  it('names the version, the room on the disks, and what is up', async () => {
    const text = await metrics();
    expect(text).toMatch(/^gateway_build_info\{version="\d+\.\d+\.\d+",node="24\.\d+\.\d+"\} 1$/m);
    for (const of of ['data', 'store']) {
      expect(valueOf(text, `gateway_disk_free_bytes{folder="${of}"}`)).toBeGreaterThan(0);
      expect(valueOf(text, `gateway_disk_size_bytes{folder="${of}"}`)).toBeGreaterThan(valueOf(text, `gateway_disk_free_bytes{folder="${of}"}`));
    }
    for (const name of ['gateway_ready', 'gateway_database_up', 'gateway_store_up']) expect([name, valueOf(text, name)]).toEqual([name, 1]);
    expect([valueOf(text, 'gateway_tasks_open{status="PENDING"}'), valueOf(text, 'gateway_tasks_failed')]).toEqual([0, 0]);
  });

  it('counts the statements of reads, searches and changes with their time', async () => {
    const count = (text: string, kind: string): number => valueOf(text, `gateway_database_statement_duration_seconds_count{kind="${kind}"}`);
    const before = await metrics();
    await admin.run('{ datacenters { nodes { name } } }');
    await admin.run('{ images(showAll: true, filter: { search: "debian" }) { totalCount nodes { name } } }');
    await admin.run('mutation { createDatacenter(input: { name: "measured" }) { name } }');
    const after = await metrics();
    for (const kind of ['read', 'search', 'transaction']) expect([kind, count(after, kind) > count(before, kind)]).toEqual([kind, true]);
    const buckets = [...after.matchAll(/^gateway_database_statement_duration_seconds_bucket\{kind="read",le="([^"]+)"\} (\d+)$/gm)].map(([, le, total]) => [le, Number(total)] as const);
    expect(buckets.at(-1)).toEqual(['+Inf', count(after, 'read')]);
    expect(buckets.map(([, total]) => total)).toEqual(buckets.map(([, total]) => total).toSorted((one, other) => one - other));
    expect(valueOf(after, 'gateway_database_statement_duration_seconds_sum{kind="read"}')).toBeGreaterThan(0);
  });

  it('shows the connections to Postgres, and the searches that run and wait', async () => {
    const text = await metrics();
    expect([valueOf(text, 'gateway_database_searches{state="running"}'), valueOf(text, 'gateway_database_searches{state="waiting"}')]).toEqual([0, 0]);
    const inUse = valueOf(text, 'gateway_database_connections{state="in_use"}');
    const idle = valueOf(text, 'gateway_database_connections{state="idle"}');
    expect(inUse + idle > 0).toBe(process.env['TEST_DATABASE'] === 'postgres');
  });

  it('says that a store cannot be used, and has all other metrics', async () => {
    const { gateway: broken, folder: data } = await startFresh({ IMAGE_STORE: 'file:/proc/nothing' });
    const text = await (await fetch(`${broken.url}/metrics`)).text();
    await broken.stop();
    await data.remove();
    expect([valueOf(text, 'gateway_store_up'), valueOf(text, 'gateway_disk_free_bytes{folder="store"}'), valueOf(text, 'gateway_ready')]).toEqual([0, NaN, 1]);
  });

  it('has every metric that an alert asks for', async () => {
    const text = await metrics();
    const asked = new Set(projectFile('deploy/prometheus-alerts.yml').match(/\b(?:gateway|nodejs)_\w+/g)?.map((name) => name.replace(/_bucket$/, '')));
    // Counted where callers sign in.
    if (process.env['TEST_DATABASE'] === 'sqlite') asked.delete('gateway_database_waiting');
    expect([...asked].filter((name) => !text.includes(`# TYPE ${name} `))).toEqual([]);
  });

  it('is what promtool accepts', async (context) => {
    const promtool = await debianProgram('prometheus', '/usr/bin/promtool');
    if (promtool === null) return context.skip('promtool is not installed, and apt-get cannot download the package "prometheus"');
    const text = await metrics();
    const [code, said] = await new Promise<[number, string]>((resolve) => {
      const child = execFile(promtool, ['check', 'metrics'], (error, stdout, stderr) => resolve([error === null ? 0 : Number(error.code), stdout + stderr]));
      child.stdin?.end(text);
    });
    expect([code, said]).toEqual([0, '']);
  });
});
