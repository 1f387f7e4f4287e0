import { writeFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { freshFolder, GatewayProcess } from '../support/gateway.js';
import { newerDatabase } from '../support/newer-database.js';
import { temporaryFolder } from '../support/temp-folder.js';
import { freshRunner } from './run-command.js';

const running: GatewayProcess[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map(async (gateway) => gateway.stop()));
});

async function localRunner() {
  const folder = await temporaryFolder();
  const runner = await freshRunner();
  return Object.assign(runner.with({ DATA_DIR: join(folder.path, 'data'), PORT: '0', REFRESH_INTERVAL: '0', LOG_LEVEL: 'warn' }), { folder: runner.folder, remove: folder.remove });
}

describe('start and demo', () => {
  it.each([[['start']], [['start', '--timeout', '5']], [['demo']], [[]]])('%j serves until a signal ends it', async (words) => {
    const local = await localRunner();
    const child = local.start(...words);
    let output = '';
    for await (const chunk of child.stdout) {
      output += String(chunk);
      if (/\/imgapi/.test(output)) break;
    }
    const [, url] = /(http:\/\/\S+?)\/(?:imgapi|graphiql)/.exec(output) ?? [];
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    await local.remove();
  });

  it('list their settings in help, and refuse wrong ones', async () => {
    const local = await localRunner();
    expect(await local.run('start', '--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('DATABASE_URL') as string });
    expect(await local.with({ PORT: 'x' }).run('start')).toMatchObject({ code: 1, stderr: expect.stringContaining('PORT=x') as string });
    expect(await local.run('start', 'now')).toMatchObject({ code: 2 });
    await local.remove();
  });
});

describe('migrate', () => {
  it('brings a database up to date once, and shows how it stands', async () => {
    const local = await localRunner();
    expect(await local.run('migrate', 'status')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^missing +\S+-initial$/m) as string });
    expect(await local.run('migrate')).toMatchObject({ code: 0, stdout: expect.stringMatching(/-initial$/m) as string });
    expect(await local.run('migrate', 'up')).toMatchObject({ code: 0, stdout: 'Nothing to do: every migration is applied.\n' });
    expect(await local.run('migrate', 'down')).toMatchObject({ code: 2 });
    expect(await local.with({ DATABASE_URL: 'postgres://x:secret@127.0.0.1:9/x' }).run('migrate')).toMatchObject({ code: 3, stderr: expect.not.stringContaining('secret') as string });
    expect(await local.with({ DATABASE_URL: 'postgres://x:secret@127.0.0.1:9/x' }).run('migrate', 'status')).toMatchObject({ code: 3, stdout: '', stderr: expect.stringMatching(/^DATABASE_URL=postgres:\/\/127\.0\.0\.1:9\/x: nothing listens there.*\n$/) as string });
    const newer = join(local.folder.path, 'newer.sqlite');
    await newerDatabase(newer);
    for (const action of ['up', 'status']) {
      expect(await local.with({ DATABASE_URL: `sqlite:${newer}` }).run('migrate', action)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('needs schema version 99 now, and this program knows version') as string });
    }
    await local.remove();
  });
});

describe('config', () => {
  it('check names each fault on a line, without secrets', async () => {
    const local = await localRunner();
    expect(await local.run('config', 'check')).toMatchObject({ code: 0, stdout: 'The settings can be used.\n' });
    const { code, stderr } = await local.with({ PORT: 'x', AUTH_JWT_SECRET: 'short', GRAPHIQL: 'maybe' }).run('config', 'check');
    expect(code).toBe(1);
    expect(stderr.trim().split('\n').map((line) => line.split('=')[0])).toEqual(['PORT', 'AUTH_JWT_SECRET', 'GRAPHIQL']);
    expect(stderr).not.toContain('short');
    expect(await local.run('config', 'ls')).toMatchObject({ code: 0, stdout: expect.stringContaining('DATA_DIR') as string });
    expect(await local.json('config', 'ls')).toContainEqual({ name: 'PORT', default: '4000', meaning: 'Port to listen on; 0 takes any free port.' });
    expect(await local.json('config', 'ls')).toContainEqual(expect.objectContaining({ name: 'DATABASE_URL', meaning: expect.not.stringContaining('](') as string }));
    expect(await local.run('config', 'check', 'all')).toMatchObject({ code: 2 });
    await local.remove();
  });
});

describe('doctor', () => {
  it('looks at everything beside a running gateway', async () => {
    const folder = await freshFolder();
    const gateway = await GatewayProcess.start(folder.path);
    running.push(gateway);
    const local = (await freshRunner()).with({ DATA_DIR: folder.path, PUBLIC_URL: gateway.url });
    const findings = await local.json<{ what: string; health: string }[]>('doctor');
    expect(findings.map(({ what, health }) => `${what} ${health}`)).toEqual([
      'Program ok', 'Settings ok', 'Data folder ok', 'Database ok', 'Image store ok', 'Gateway ok', 'Clock of gateway ok', 'Image server ok',
    ]);
    await rename(join(folder.path, 'images'), join(folder.path, 'elsewhere'));
    await expect.poll(async () => (await fetch(`${gateway.url}/readyz`)).status, { timeout: 10_000 }).toBe(503);
    const lost = await local.run('doctor');
    expect(lost).toMatchObject({ code: 1, stdout: expect.stringMatching(/^Image store +fault .*not the one that this catalogue was written with: there is no such folder/m) as string });
    expect(lost.stdout).toMatch(/^Gateway +fault .* answers that it is not ready: store /m);
    await gateway.stop();
    await folder.remove();
  });

  it('says what to do where something is wrong, and makes nothing', async () => {
    const local = await localRunner();
    const stopped = await local.run('doctor');
    expect(stopped).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Database +warning +SQLite, .*not there yet/m) as string });
    expect(stopped.stdout).toContain('Start the gateway');
    expect(await local.run('doctor')).toMatchObject({ stdout: expect.stringContaining('will be made') as string });
    const postgres = await local.with({ DATABASE_URL: 'postgres://x:secret@127.0.0.1:9/x' }).run('doctor');
    expect(postgres).toMatchObject({ code: 1, stdout: expect.stringMatching(/^Database +fault +Postgres, 127\.0\.0\.1:9/m) as string, stderr: 'There is a fault.\n' });
    expect(postgres.stdout).not.toContain('secret');
    expect(await local.with({ PORT: 'x' }).run('doctor')).toMatchObject({ code: 1, stdout: expect.stringContaining('PORT=x') as string });
    expect(await local.run('doctor', 'now')).toMatchObject({ code: 2 });
    await local.remove();
  });

  it('finds a file where a folder should be', async () => {
    const folder = await temporaryFolder();
    const file = join(folder.path, 'file');
    await writeFile(file, '');
    expect(await (await freshRunner()).with({ DATA_DIR: file }).run('doctor')).toMatchObject({ code: 1, stdout: expect.stringContaining('is no folder') as string });
    await folder.remove();
  });
});
