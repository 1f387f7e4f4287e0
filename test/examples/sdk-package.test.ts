import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const PATH = [dirname(process.execPath), process.env['PATH']].join(':');

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;
let project: TemporaryFolder;

/** Runs a program in the fresh project and answers what it printed; fails the test with that when the program fails. */
async function inProject(program: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, PATH, GATEWAY_URL: gateway.url, GATEWAY_TOKEN: admin.key ?? '' };
  const { stdout } = await run(program, args, { cwd: project.path, env }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${error.stdout}\n${error.stderr}`, { cause: error });
  });
  return stdout.trim();
}

/** Uses a method, an enum, an error with its fields, an event and a typed document; the imports differ by the kind of module. */
const BODY = `
async function main(): Promise<void> {
  const gateway = connect({ url: process.env['GATEWAY_URL'] ?? '', token: async () => process.env['GATEWAY_TOKEN'] ?? '' });
  const { viewer } = await gateway.viewer();
  const username: string = viewer.user.username;
  const tasks = await gateway.tasks({ status: [TaskStatus.Running] });
  const refused: unknown = await gateway.importImage({ input: { name: '!', manifestUrl: 'http://images.example/', datacenter: 'main' } }).catch((error: unknown) => error);
  if (!(refused instanceof GatewayError)) throw new Error('It was not refused.');
  const events = gateway.followTask()[Symbol.asyncIterator]();
  const first = events.next();
  const followed: IteratorResult<unknown>[] = [];
  void first.then((result) => followed.push(result));
  // What is changed before the subscription has begun, nobody hears of.
  for (let time = 0; followed.length === 0; time += 1) {
    await gateway.send<unknown, object>('mutation { updateDatacenter(input: { name: "main", description: "' + process.pid + ' ' + time + '" }) { name } }', {});
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const event = await first;
  console.log(JSON.stringify([username, tasks.tasks?.nodes.length, refused.code, refused.fields[0]?.path, event.value?.taskChanged.action, ImagesDocument.kind]));
  await events.return?.();
  await gateway.close();
}
void main();
`;
const NAMES = '{ connect, GatewayError, TaskStatus }';
const ESM = `import ${NAMES} from 'image-gateway-client';\nimport { ImagesDocument } from 'image-gateway-client/documents';\n${BODY}`;

beforeAll(async () => {
  ({ gateway, admin, folder } = await startFresh());
  project = await temporaryFolder();
  await run(process.execPath, ['scripts/sdk.js'], { cwd: ROOT, env: { ...process.env, PATH } });
  const packed = (await readdir(join(ROOT, 'dist'))).find((name) => /^image-gateway-client-.*\.tgz$/.test(name));
  await writeFile(join(project.path, 'package.json'), '{ "private": true }');
  await inProject('npm', 'install', '--no-audit', '--no-fund', join(ROOT, 'dist', packed ?? ''), 'graphql@16', '@types/node@24');
}, 120_000);
afterAll(async () => {
  await gateway?.stop();
  await Promise.all([folder?.remove(), project?.remove()]);
});

async function checked(name: string, files: Record<string, string>, options: Record<string, unknown>): Promise<void> {
  await mkdir(join(project.path, name));
  for (const [file, text] of Object.entries(files)) await writeFile(join(project.path, name, file), text);
  const compilerOptions = { target: 'es2022', lib: ['es2023', 'dom', 'dom.asynciterable'], types: ['node'], strict: true, exactOptionalPropertyTypes: true, outDir: 'out', rootDir: '.', ...options };
  await writeFile(join(project.path, name, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts', '*.cts', '*.mts'] }));
  await inProject(process.execPath, join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', name);
}

const RESULT = ['admin', 0, 'BAD_USER_INPUT', 'name', 'DATACENTER_UPDATE', 'Document'];

describe('the package of the SDK, installed into a fresh project', () => {
  it.each(['mts', 'cts'])('type-checks under nodenext and works as .%s', async (kind) => {
    await checked(kind, { [`main.${kind}`]: ESM }, { module: 'nodenext' });
    expect(JSON.parse(await inProject(process.execPath, `${kind}/out/main.${kind.replace('t', 'j')}`))).toEqual(RESULT);
  });

  it('type-checks under the rules of bundlers, and its documents infer the types of their answers', async () => {
    const inferred = `import { ImagesDocument, type TypedDocument } from 'image-gateway-client/documents';
function query<R, V>(_document: TypedDocument<R, V>, _variables: V): R { throw new Error('not run'); }
export const page = (): string | undefined => query(ImagesDocument, { first: 5 }).images?.nodes[0]?.owner.username;
// @ts-expect-error -- there is no such variable
export const wrong = () => query(ImagesDocument, { frist: 5 });
`;
    await checked('bundler', { 'main.ts': ESM, 'inferred.ts': inferred }, { module: 'esnext', moduleResolution: 'bundler' });
  });
});
