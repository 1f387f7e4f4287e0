import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsableImagesOperation } from '../../sdk/src/generated.js';
import { GatewayProcess, startFresh, TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let repository: ImgapiRepository;
let gateway: GatewayProcess;
let key: string;
let folder: TemporaryFolder;

beforeAll(async () => {
  repository = await startImgapiRepository();
  repository.images.push(makeImage({ name: 'debian-12', version: '1.0.0' }));
  const first = await startFresh();
  ({ folder } = first);
  key = first.admin.key ?? '';
  const settings = 'mutation ($url: HttpUrl!) { updateGlobalSettings(input: { vmsImageRepositories: [{ name: "remote", url: $url }] }) { vmsImageVmNic } }';
  await first.admin.run(settings, { url: repository.url });
  const { refreshImageRepository } = await first.admin.run('mutation { refreshImageRepository(name: "remote") { task { id } } }');
  await first.admin.ended(refreshImageRepository.task.id);
  await first.gateway.stop();
  gateway = await GatewayProcess.start(folder.path, { TRUSTED_DOCUMENTS: 'sdk/operations.json' });
});
afterAll(async () => {
  await gateway?.stop();
  await repository?.close();
  await folder?.remove();
});

async function run(command: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'], GATEWAY_URL: gateway.url, GATEWAY_TOKEN: key };
  return new Promise((resolve) => {
    execFile(command, args, { cwd: ROOT, env }, (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }));
  });
}

describe('a gateway with TRUSTED_DOCUMENTS=sdk/operations.json', () => {
  it('runs what the SDK asks: queries, a mutation, and a subscription over WebSocket', async () => {
    const { code, stdout, stderr } = await run(process.execPath, 'examples/import-newest.ts', 'debian-12');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^debian-12 1\.0\.0 from remote\n[^]*SUCCEEDED DONE/);
  });

  it('runs them by their hashes alone, too', async () => {
    const sha256Hash = createHash('sha256').update(UsableImagesOperation).digest('hex');
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ variables: { datacenter: 'main' }, extensions: { persistedQuery: { version: 1, sha256Hash } } }),
    });
    expect(await response.json()).toMatchObject({ data: { usableImages: { nodes: expect.any(Array) } } });
  });

  it('refuses every other operation, however alike', async () => {
    expect(await run('examples/images.sh', 'main')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('DOCUMENT_NOT_TRUSTED') });
    expect(await new TestClient(gateway.url, key).code('query Task($id: ID!) { task(id: $id) { id } }', { id: 'x' })).toBe('DOCUMENT_NOT_TRUSTED');
  });
});
