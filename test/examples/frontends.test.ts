import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFile } from '../laws/sources.js';
import { type GatewayProcess, startFresh } from '../support/gateway.js';
import { compileForRelay } from '../support/relay-compiler.js';
import { SignInProvider } from '../support/sign-in-provider.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';
import { World } from '../support/world.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SECRET = 'a secret of more than thirty-two bytes';
const REDIRECT_URI = 'http://127.0.0.1:9/signed-in';
/** The program of Relay as it runs, beside its compiled documents. */
const COMPILED = 'src/compiled.mts';
const run = promisify(execFile);

/** The blocks of the page by the name of their program, "```ts NAME", in their order. */
const blocks = [...projectFile('docs/frontends.md').matchAll(/^```(.*)\n([^]*?)^```$/gm)].map(([, info = '', text = '']) => ({ info, text }));
const programs = Map.groupBy(blocks, ({ info }) => /^ts (\w+)$/.exec(info)?.[1] ?? `no program: ${info}`);

/** What the page takes as given. */
const GIVEN = ['url', 'key', 'manifestUrl', 'expired', 'issuer', 'clientId', 'redirectUri', 'resource'];
const READ_GIVEN = `const { ${GIVEN.map((name) => `${name} = ''`).join(', ')} } = JSON.parse(process.env['GIVEN'] ?? '') as Record<string, string>;`;

/** What surrounds the blocks of a program: before the first one, between two, and behind the last one. */
const AROUND: Record<string, { before?: string; between?: string; after?: string }> = {
  sdk: {},
  oidc: {
    before: `import { connect } from 'image-gateway-client';
      import { allowInsecureRequests } from 'openid-client';
      import { signInOnPages } from '${ROOT}test/support/provider-pages.ts';
      const options = { execute: [allowInsecureRequests] };`,
    between: `const back = await signInOnPages(signInUrl, 'admin');`,
  },
  apollo: { before: 'const token = async () => key;' },
  urql: { before: 'const token = () => key;' },
  relay: { before: 'const token = () => key;' },
  live: {
    before: 'let asked = 0; const token = () => { asked += 1; return asked === 1 ? expired : key; };',
    after: `
      const shown = () => [...images.values()].map(({ alias }) => alias).sort().join(', ');
      const until = async (expected: string) => {
        while (shown() !== expected) await new Promise((resolve) => setTimeout(resolve, 10));
        console.log(shown());
      };
      await until('fedora-43'); // the expired token was replaced
      await gateway.updateImage({ input: { name: 'fedora-43', alias: 'fedora' } });
      await until('fedora');
      await gateway.updateImage({ input: { name: 'fedora-42', access: 'PUBLIC' } });
      await until('fedora, fedora-42');
      await gateway.updateImage({ input: { name: 'fedora-43', access: 'PRIVATE' } });
      await until('fedora-42');
      await gateway.deleteImage({ input: { name: 'fedora-42' } });
      await until('');`,
  },
};
/** What the surroundings print. */
const PRINTED_AROUND: Record<string, readonly string[]> = { live: ['fedora-43', 'fedora', 'fedora, fedora-42', 'fedora-42', ''] };

/** Every line that the blocks of a program say that they print. */
function promisedBy(program: string): string[] {
  const lines = programs.get(program)?.flatMap(({ text }) => [...text.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)].map(([, said = '']) => said)) ?? [];
  return [...lines, ...(PRINTED_AROUND[program] ?? [])];
}

function textOf(program: string): string {
  const { before = '', between = '', after = '' } = AROUND[program] ?? {};
  const text = programs.get(program)?.map((block) => block.text).join(`${between}\n`) ?? '';
  return `${before}\n${READ_GIVEN}\n${text}\n${after}\nprocess.exit(0);\n`;
}

let world: World;
let provider: SignInProvider;
let second: { gateway: GatewayProcess; folder: TemporaryFolder };
let project: TemporaryFolder;
let given: Record<string, string>;

/** Installs a package of the project, or of the tests, as a link; the SDK as its sources. */
async function install(name: string): Promise<void> {
  const target = [join(ROOT, 'node_modules', name), join(ROOT, 'test/node_modules', name)].find(existsSync) ?? name;
  const link = join(project.path, 'node_modules', name);
  await mkdir(dirname(link), { recursive: true });
  await symlink(target, link);
}

async function makeProject(): Promise<void> {
  project = await temporaryFolder();
  await Promise.all(['@apollo/client', '@urql/core', '@urql/exchange-graphcache', 'graphql', 'graphql-ws', 'openid-client', 'relay-runtime', '@types/node'].map(install));
  const sdk = join(project.path, 'node_modules/image-gateway-client');
  await mkdir(sdk);
  await symlink(join(ROOT, 'sdk/src'), join(sdk, 'src'));
  await writeFile(join(sdk, 'package.json'), JSON.stringify({ type: 'module', exports: { '.': './src/index.ts', './documents': './src/documents.ts' } }));
  for (const program of programs.keys()) await writeFile(join(project.path, `${program}.mts`), textOf(program));
  const { compilerOptions } = JSON.parse(projectFile('examples/tsconfig.json')) as { compilerOptions: object };
  await writeFile(join(project.path, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }));
}

/** What the babel plugin of Relay does: names the compiled document in the place of its text. */
async function compileRelay(): Promise<void> {
  const text = textOf('relay');
  await compileForRelay(project.path, { console: text });
  const compiled = text.replaceAll(/graphql`\w+ (\w+)[^`]*`/g, "(await import('./generated/$1.graphql.js')).default").replace(' graphql,', '');
  await writeFile(join(project.path, COMPILED), compiled);
}

beforeAll(async () => {
  provider = await SignInProvider.start();
  await provider.serve(REDIRECT_URI);
  const trust = { AUTH_JWKS_URL: provider.keySetUrl, AUTH_JWT_ISSUER: provider.url, AUTH_JWT_AUDIENCE: SignInProvider.resource, FETCH_ALLOW: '127.0.0.1' };
  [world, second] = await Promise.all([World.start({ settings: { AUTH_JWT_SECRET: SECRET }, imageServer: false }), startFresh(trust), makeProject()]);
  await compileRelay();
  const base = await world.image('debian-12');
  await world.image('debian-12-web', {}, { manifest: { origin: base.uuid } });
  await Promise.all([...['surplus-1', 'surplus-2', 'surplus-3', 'fedora-42'].map(async (name) => world.image(name)), world.image('fedora-43', { access: 'PUBLIC' })]);
  const expired = await new SignJWT({ sub: 'admin', exp: Math.floor(Date.now() / 1000) - 60 }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(SECRET));
  const { manifestUrl } = world.offer({ name: 'ubuntu-24' });
  const { url, key } = world.admin;
  given = { url, key: key ?? '', manifestUrl, expired, issuer: provider.url, clientId: SignInProvider.client, redirectUri: REDIRECT_URI, resource: SignInProvider.resource };
});
afterAll(async () => {
  await Promise.all([world?.close(), second?.gateway.stop(), provider?.stop()]);
  await Promise.all([second?.folder.remove(), project?.remove()]);
});

/** What it printed, line by line; fails the test with all of it when the program fails. */
async function printedBy(file: string, args: readonly string[], values: Record<string, string> = given): Promise<string[]> {
  const options = { cwd: project.path, timeout: 30_000, env: { PATH: process.env['PATH'], GIVEN: JSON.stringify(values) } };
  const { stdout, stderr } = await run(process.execPath, [file, ...args], options).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${error.stdout}\n${error.stderr}`, { cause: error });
  });
  expect(stderr).toBe('');
  return stdout.split('\n').slice(0, -1);
}

describe('the snippets of docs/frontends.md', () => {
  it('belong to programs, all of them', () => {
    expect([...programs.keys()].toSorted()).toEqual(Object.keys(AROUND).toSorted());
  });

  it('type-check', async () => {
    await printedBy(join(ROOT, 'node_modules/typescript/bin/tsc'), ['-p', '.']);
  });

  it.concurrent.each(Object.keys(AROUND))('do what they say: %s', async (program) => {
    const values = program === 'oidc' ? { ...given, url: second.gateway.url } : given;
    expect(await printedBy(program === 'relay' ? COMPILED : `${program}.mts`, [], values)).toEqual(promisedBy(program));
  });
});
