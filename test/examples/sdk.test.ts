import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { ERROR_CODES } from '../../sdk/src/generated.js';
import { ERROR_CODES as GATEWAY_CODES } from '../../src/platform/error-codes.js';
import { filesUnder, projectFile } from '../laws/sources.js';

const run = promisify(execFile);
const ROOT = new URL('../..', import.meta.url);

/** What the program printed; fails the test with it when the program failed. */
async function pass(program: string, ...args: string[]): Promise<void> {
  try {
    await run(process.execPath, [new URL(program, ROOT).pathname, ...args], { cwd: ROOT });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${stdout}\n${stderr}`, { cause: error });
  }
}

describe('the SDK', () => {
  it('is what codegen makes of the schema; after a change run "npm run codegen"', async () => {
    await pass('test/node_modules/@graphql-codegen/cli/esm/bin.js', '--config', 'codegen.yml', '--check');
  });

  it.each(['tsconfig.json', 'tsconfig.bundler.json'])('type-checks with all its programs under %s', async (config) => {
    await pass('node_modules/typescript/bin/tsc', '-p', `examples/${config}`);
  });

  it('knows every code of the gateway, each once', () => {
    expect(ERROR_CODES.toSorted()).toEqual(Object.keys(GATEWAY_CODES).sort());
  });

  it('throws an Error when the connection for events is lost for good', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'graphql-transport-ws' });
    server.on('connection', (socket) => socket.close(4500, 'Broken'));
    await once(server, 'listening');
    // Its modules import each other by the names of their sources, which only its own compiler settings allow.
    const sdk = (await import(new URL('sdk/src/index.ts', ROOT).href)) as { connect(options: { url: string; token: string }): { followTask(): AsyncIterable<unknown>; close(): Promise<void> } };
    const gateway = sdk.connect({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'any' });
    const [event] = await Promise.allSettled([gateway.followTask()[Symbol.asyncIterator]().next()]);
    expect(event).toMatchObject({ status: 'rejected', reason: new Error('The connection for events is lost: it was closed with 4500 Broken.') });
    await gateway.close();
    server.close();
  });

  it('comes with a manifest that names each document by the sha256 of its text', () => {
    const schema = buildSchema(projectFile('schema.graphql'), { assumeValidSDL: true });
    const manifest = Object.entries(JSON.parse(projectFile('sdk/operations.json')) as Record<string, string>);
    expect(manifest.length).toBeGreaterThan(20);
    for (const [hash, text] of manifest) {
      expect(createHash('sha256').update(text).digest('hex')).toBe(hash);
      expect(validate(schema, parse(text))).toEqual([]);
      // The very text that the SDK sends, or the gateway would not know it.
      expect(projectFile('sdk/src/generated.ts')).toContain(`\`${text}\``);
    }
  });
});

/** A proxy is no small client. */
const PROXY = 'examples/rename-root-fields.ts';

describe('the clients of the examples', () => {
  const programs = filesUnder(['examples'], ['.ts', '.tsx', '.sh']).filter(({ path }) => path !== PROXY);

  it('are shorter than 60 lines and begin with what they do', () => {
    const paths = ['images.sh', 'import-newest.ts', 'page/connect-apollo.ts', 'page/main.tsx', 'page/use-images.ts', 'page/vite.config.ts'];
    expect(programs.map(({ path }) => path).toSorted()).toEqual(paths.map((path) => `examples/${path}`));
    expect(programs.filter(({ text }) => text.split('\n').length > 60).map(({ path }) => path)).toEqual([]);
    expect(programs.filter(({ path, text }) => !path.includes('config') && !/^(#!\/bin\/sh\n#|\/\/) [A-Z][^\n]+\.( |\n|$)/.test(text)).map(({ path }) => path)).toEqual([]);
  });
});
