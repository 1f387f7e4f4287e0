import { once } from 'node:events';
import { chmod, readFile, stat } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startFresh } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
import { type CommandRunner, freshRunner } from './run-command.js';

const NOBODY = 'http://127.0.0.1:9';

let gateway: GatewayProcess;
let data: TemporaryFolder;
let key: string;
let nobody: CommandRunner;
let admin: CommandRunner;

beforeAll(async () => {
  ({ gateway, folder: data } = await startFresh());
  key = gateway.firstKey ?? '';
  nobody = await freshRunner();
  admin = nobody.with({ GATEWAY_URL: gateway.url, GATEWAY_KEY: key });
});
afterAll(async () => {
  await gateway?.stop();
  await data?.remove();
});

describe('login', () => {
  it('keeps address and key for the commands after it, in a file that nobody else can read, until logout', async () => {
    const own = await freshRunner();
    const file = join(own.folder.path, 'config', 'image-gateway', 'login.json');
    const outcome = await own.fed(`${key}\n`, 'login', gateway.url);
    expect(outcome).toMatchObject({ code: 0, stdout: expect.stringContaining('as admin') as string, stderr: '' });
    expect(outcome.stdout).not.toContain(key);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await own.run('whoami')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^User +admin$/m) as string });
    expect(await own.run('logout')).toMatchObject({ code: 0, stdout: 'The login is forgotten.\n' });
    await expect(readFile(file)).rejects.toThrow('ENOENT');
    expect(await own.run('logout')).toMatchObject({ code: 0, stdout: 'There was no login.\n' });
    expect(await own.run('whoami')).toMatchObject({ code: 2, stderr: expect.stringContaining('image-gateway login') as string });
  });

  it('says in words why a server cannot be reached', async () => {
    // Ends each connection at once; when it has ended itself, nothing listens there.
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await nobody.fed(key, 'login', url)).stderr).toContain('cannot be reached: the connection was closed before the answer was complete. Check');
    server.close();
    await once(server, 'close');
    expect(await nobody.fed(key, 'login', url)).toMatchObject({ code: 3, stderr: expect.stringContaining('cannot be reached: nothing listens there (connection refused). Check') as string });
  });

  it('keeps nothing when the gateway refuses the key, does not answer, or the call is wrong', async () => {
    expect(await nobody.fed('nonsense', 'login', gateway.url)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^UNAUTHENTICATED: /) as string });
    expect(await nobody.fed(key, 'login', NOBODY)).toMatchObject({ code: 3, stderr: expect.stringContaining('cannot be reached') as string });
    expect(await nobody.fed('', 'login', gateway.url)).toMatchObject({ code: 2, stderr: expect.stringContaining('no usable key') as string });
    expect(await nobody.fed(key, 'login')).toMatchObject({ code: 2, stderr: expect.stringContaining('login https://') as string });
    const wrong = await nobody.fed('two words', 'login', 'ftp://user:secret@host');
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('Accepted: an http://') as string });
    expect(wrong.stderr).not.toContain('secret');
    expect(await nobody.run('whoami')).toMatchObject({ code: 2 });
  });

  it('never sends its key to another server', async () => {
    const own = await freshRunner();
    await own.fed(key, 'login', gateway.url);
    const elsewhere = gateway.url.replace('127.0.0.1', 'localhost');
    expect(await own.run('whoami', '--server', elsewhere)).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no key for localhost') as string });
    expect(await own.with({ GATEWAY_URL: elsewhere }).run('whoami')).toMatchObject({ code: 2 });
    expect(await own.with({ GATEWAY_KEY: key }).run('whoami', '--server', elsewhere)).toMatchObject({ code: 0 });
  });

  it('is refused once others can read it', async () => {
    const own = await freshRunner();
    await own.fed(key, 'login', gateway.url);
    await chmod(join(own.folder.path, 'config', 'image-gateway', 'login.json'), 0o644);
    const outcome = await own.run('whoami');
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining('chmod 600') as string });
    expect(outcome.stderr).not.toContain(key);
  });
});

describe('whoami', () => {
  it('answers by the key and the address of the environment', async () => {
    expect(await admin.json('whoami')).toMatchObject({ user: { username: 'admin', isSuperAdmin: true }, currentDatacenter: { name: 'main' } });
  });

  it('tells a refused key, a wrong call and a gateway that is not there apart', async () => {
    expect(await admin.with({ GATEWAY_KEY: 'nonsense' }).run('whoami')).toMatchObject({ code: 1, stderr: expect.stringContaining('image-gateway login') as string });
    expect(await admin.run('whoami', '--nonsense')).toMatchObject({ code: 2, stderr: expect.stringContaining('nonsense') as string });
    expect(await admin.run('whoami', '--server', NOBODY)).toMatchObject({ code: 3, stdout: '' });
    expect(await admin.run('whoami', '--server', `${gateway.url}/graphiql`)).toMatchObject({ code: 3, stderr: expect.stringContaining('not as an image gateway') as string });
  });
});

describe('api', () => {
  const DOCUMENT = 'query ($name: String!, $first: Int) { datacenter(name: $name) { name images(first: $first) { totalCount } } }';

  it('sends a document with its variables, and prints the answer', async () => {
    const { code, stdout } = await admin.fed(DOCUMENT, 'api', '-', '--var', 'name=main', '--var', 'first=1');
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { data: { datacenter: { name: 'main', images: { totalCount: 0 } } } }]);
  });

  it('makes no document of what a variable holds', async () => {
    const { stdout } = await admin.fed(DOCUMENT, 'api', '-', '--var', 'name=main") { name } } #');
    expect(JSON.parse(stdout)).toMatchObject({ data: { datacenter: null } });
  });

  it('prints errors as JSON and as text', async () => {
    const { code, stdout, stderr } = await admin.fed('{ nonsense }', 'api', '-');
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { errors: [expect.objectContaining({ message: expect.stringContaining('nonsense') as string })] }]);
    expect(stderr).toContain('nonsense');
  });

  it('refuses a file that is not there, and a variable that is none', async () => {
    expect(await admin.run('api', 'nowhere.graphql')).toMatchObject({ code: 2, stderr: expect.stringContaining('ENOENT') as string });
    expect(await admin.fed(DOCUMENT, 'api', '-', '--var', 'name')).toMatchObject({ code: 2, stderr: expect.stringContaining('NAME=VALUE') as string });
    expect(await admin.run('api')).toMatchObject({ code: 2 });
    expect(await admin.fed(DOCUMENT, 'api', '-', '--server', NOBODY)).toMatchObject({ code: 3 });
  });
});

describe('every command', () => {
  it('has help with examples, and completes its words', async () => {
    expect(await nobody.run('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('Exit codes: 0 done') as string });
    expect(await nobody.run('images', 'import', '--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('Nightly, by cron') as string });
    expect(await nobody.run('completion')).toMatchObject({ code: 0, stdout: expect.stringContaining('complete -o') as string });
    expect((await nobody.run('--get-yargs-completions', 'image-gateway', 'images', 'im')).stdout).toContain('import');
    expect(await nobody.run('--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
  });

  it('names what was meant when it is called wrongly', async () => {
    expect(await nobody.run('images', 'import', '--nonsense')).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage: image-gateway images import <name>\nSee "image-gateway images import --help".\n') as string });
    expect(await nobody.run('images', 'show')).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Not enough arguments: 0 given, need at least 1\.\nUsage: image-gateway images show <name>\n/) as string });
    expect(await nobody.run('images', 'shwo')).toMatchObject({ code: 2, stderr: 'Unknown command: shwo. Did you mean show?\nSee "image-gateway images --help".\n' });
    expect(await nobody.run('imagse')).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean images?') as string });
    expect(await nobody.run('images')).toMatchObject({ code: 2, stderr: expect.stringContaining('Name one of the commands of "images"') as string });
    expect(await nobody.run('images', 'ls', '-o', 'xml')).toMatchObject({ code: 2 });
    expect(await nobody.run('images', 'ls', '--dc', 'a', '--dc', 'b')).toMatchObject({ code: 2, stderr: expect.stringContaining('--dc is given more than once') as string });
  });
});
