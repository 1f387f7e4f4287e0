import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { debianProgram } from '../support/debian-program.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const deployed = (name: string): string => join(ROOT, 'deploy', name);

/** False where the machine lacks the program. */
async function has(program: string): Promise<boolean> {
  return run('sh', ['-c', `command -v ${program}`]).then(() => true, () => false);
}

describe('the package for servers', () => {
  let folder: TemporaryFolder;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const { stdout } = await run(process.execPath, ['scripts/package.js'], { cwd: ROOT });
    await run('tar', ['-xzf', stdout.trim().split('\n').at(-1) ?? '', '-C', folder.path]);
  });
  afterAll(async () => {
    await folder.remove();
  });

  it('starts from its own files alone, and ends with SIGTERM', async () => {
    const env = { PATH: '/nowhere', DATA_DIR: join(folder.path, 'data'), PORT: '0', REFRESH_INTERVAL: '0' };
    const gateway = spawn(process.execPath, [join(folder.path, 'package', 'bin', 'image-gateway.cjs')], { cwd: folder.path, env, stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    let url: string | undefined;
    for await (const chunk of gateway.stdout) {
      output += String(chunk);
      url = /Image server +(\S+)\/imgapi/.exec(output)?.[1];
      if (url !== undefined) break;
    }
    expect(output).toContain('make another one: image-gateway admin reset');
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect(await (await fetch(`${url}/graphiql`)).text()).toContain('<html');
    const ended = new Promise((resolve) => gateway.once('exit', resolve));
    gateway.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('has no package to install and nothing to compile', async () => {
    const manifest = JSON.parse(await readFile(join(folder.path, 'package', 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(Object.keys(manifest['dependencies'] as object)).toEqual(manifest['bundleDependencies']);
    await expect(readFile(join(folder.path, 'package', 'node_modules', 'better-sqlite3', 'binding.gyp'))).rejects.toThrow('ENOENT');
  });

  it('says in one sentence that Node is too old', async () => {
    const text = await readFile(join(folder.path, 'package', 'bin', 'image-gateway.cjs'), 'utf8');
    // As an old Node would read it: its version is all that differs.
    const asked = run(process.execPath, ['-e', `Object.defineProperty(process.versions, 'node', { value: '18.20.8' });${text.replace(/^#!.*/, '')}`]);
    await expect(asked).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/^image-gateway needs Node 24 or newer, and this is v[\d.]+\.\n$/) as string });
  });
});

describe('the files in deploy/', () => {
  it('start what the package has, as the user of no rights', async () => {
    const docker = await readFile(deployed('Dockerfile'), 'utf8');
    expect(docker).toMatch(/^COPY --from=build \/package \/app$/m);
    expect(docker).toMatch(/^CMD \["node", "--max-semi-space-size=8", "\/app\/bin\/image-gateway.cjs"\]$/m);
    expect(docker).toMatch(/^USER node$/m);
  });

  it('have a unit that systemd accepts', async (context) => {
    if (!(await has('systemd-analyze'))) context.skip('systemd is not installed here');
    const { stderr } = await run('systemd-analyze', ['verify', deployed('image-gateway.service')]);
    expect(stderr).toBe('');
  });

  it('have a script that runs commands with the settings of the unit', async () => {
    await using folder = await temporaryFolder();
    const [settings, script] = [join(folder.path, 'image-gateway.env'), join(folder.path, 'image-gateway')];
    await writeFile(settings, "DATABASE_URL='sqlite:/nowhere/a&b.sqlite'\nPORT=x\n");
    const text = await readFile(deployed('image-gateway.sh'), 'utf8');
    expect(await readFile(deployed('image-gateway.service'), 'utf8')).toContain(`EnvironmentFile=-/etc/image-gateway.env\nEnvironment=NODE_ENV=production ${/^DATA_DIR=\S+$/m.exec(text)?.[0]}`);
    await writeFile(script, text.replaceAll('/etc/image-gateway.env', settings).replace('/opt/image-gateway/bin/', `${ROOT}scripts/`), { mode: 0o755 });
    const { stdout } = await run(script, ['doctor']).catch((error: { stdout: string }) => error);
    expect(stdout).toContain('PORT=x: accepted');
    await writeFile(settings, "DATABASE_URL='sqlite:/nowhere/a&b.sqlite'\n");
    const checked = await run(script, ['config', 'check', '-o', 'json']);
    expect(JSON.parse(checked.stdout)).toMatchObject({ dataDir: '/var/lib/image-gateway', database: 'sqlite' });
    expect((await run(script, ['doctor']).catch((error: { stdout: string }) => error)).stdout).toContain('/nowhere/a&b.sqlite');
  });

  it('have a server block that nginx accepts', async (context) => {
    if (!(await has('nginx')) || !(await has('openssl'))) context.skip('nginx or openssl is not installed here');
    const folder = await temporaryFolder();
    const [key, certificate] = [join(folder.path, 'key.pem'), join(folder.path, 'certificate.pem')];
    await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=images.example.com', '-keyout', key, '-out', certificate]);
    const block = (await readFile(deployed('nginx.conf'), 'utf8')).replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${key};`).replace(/ssl_certificate  .*;/, `ssl_certificate ${certificate};`);
    await mkdir(join(folder.path, 'logs'));
    await writeFile(join(folder.path, 'block.conf'), block);
    await writeFile(join(folder.path, 'nginx.conf'), `pid ${folder.path}/pid; error_log stderr; events {} http { access_log off; include ${folder.path}/block.conf; }`);
    const { stderr } = await run('nginx', ['-t', '-p', folder.path, '-c', join(folder.path, 'nginx.conf')]);
    expect(stderr).toContain('test is successful');
    expect(stderr).not.toContain('warn');
    await folder.remove();
  });

  it('have alerts that Prometheus accepts, and that fire when they should', async (context) => {
    const promtool = await debianProgram('prometheus', '/usr/bin/promtool');
    if (promtool === null) return context.skip('promtool is not installed, and apt-get cannot download the package "prometheus"');
    const tests = join(ROOT, 'test/deploy/prometheus-alerts.test.yml');
    expect((await run(promtool, ['check', 'rules', deployed('prometheus-alerts.yml')])).stdout).toContain('SUCCESS');
    expect((await run(promtool, ['test', 'rules', tests]).catch((error: { stdout: string; stderr: string }) => error)).stdout).toContain('SUCCESS');
    const tested = await readFile(tests, 'utf8');
    for (const [, alert] of (await readFile(deployed('prometheus-alerts.yml'), 'utf8')).matchAll(/alert: (\w+)/g)) expect(tested).toContain(`- name: ${alert} fires`);
  });
});
