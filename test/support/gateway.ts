import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createClient, type Client } from 'graphql-ws';
import { afterAll } from 'vitest';
import { WebSocket } from 'ws';
import type { DatabaseTarget } from '../../src/platform/database/database.js';
import { createMigratedDatabase, createTestDatabase, type TestDatabase } from './postgres.js';
import { copyMigratedSqlite, sqlitePathIn } from './sqlite.js';
import { type TemporaryFolder, temporaryFolder } from './temp-folder.js';

/** Settings that every process over a folder shares, such as its database. */
const settingsOf = new Map<string, Record<string, string>>();

/** Settings of the project that the test runs in. */
function projectSettings(): Record<string, string> {
  return JSON.parse(process.env.TEST_SETTINGS ?? '{}') as Record<string, string>;
}

/** For tests of compiled operations: the gateways of this file have them in every project. */
export function withCompiledOperations(): void {
  withSettings({ COMPILED_OPERATIONS: 'on' });
}

/** The gateways of this file have these settings, unless they are started with others. */
export function withSettings(settings: Record<string, string>): void {
  const before = process.env.TEST_SETTINGS;
  process.env.TEST_SETTINGS = JSON.stringify({ ...projectSettings(), ...settings });
  // The next file may run in the same process.
  afterAll(() => {
    process.env.TEST_SETTINGS = before;
  });
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface GraphqlError {
  message: string;
  path?: (string | number)[];
  extensions: { code: string } & Record<string, unknown>;
}

export interface Answer {
  status: number;
  // The shape is that of each test's own query.
  data: Record<string, any> | null; // oxlint-disable-line typescript/no-explicit-any -- answers are as varied as queries
  errors: GraphqlError[];
}

/** Talks GraphQL to a gateway with one key, or without any. */
export class TestClient {
  constructor(
    readonly url: string,
    readonly key: string | null,
  ) {}

  async send(query: string, variables: Record<string, unknown> = {}): Promise<Answer> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(this.key !== null && { authorization: `Bearer ${this.key}` }) },
      body: JSON.stringify({ query, variables }),
    });
    const body = (await response.json()) as { data?: Answer['data']; errors?: GraphqlError[] };
    return { status: response.status, data: body.data ?? null, errors: body.errors ?? [] };
  }

  /** The data; fails the test when there is any error. */
  async run(query: string, variables: Record<string, unknown> = {}): Promise<NonNullable<Answer['data']>> {
    const answer = await this.send(query, variables);
    if (answer.errors.length > 0 || answer.data === null) throw new Error(JSON.stringify(answer.errors, null, 2));
    return answer.data;
  }

  /** The code of the only error; `data` when there is none. */
  async code(query: string, variables: Record<string, unknown> = {}): Promise<string> {
    const { errors } = await this.send(query, variables);
    return errors.length === 0 ? 'data' : errors.map((error) => error.extensions.code).join(' ');
  }

  /** A WebSocket client with the same key; dispose it. */
  socket(): Client {
    return createClient({
      url: `${this.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: this.key === null ? {} : { authorization: `Bearer ${this.key}` },
      retryAttempts: 0,
    });
  }

  /** The task once it has ended, however. */
  async ended(taskId: string): Promise<{ status: string; errorCode: string | null; error: string | null }> {
    // Most end at once; of those that take seconds, few questions are enough.
    for (let pauseMs = 5; ; pauseMs = Math.min(200, pauseMs * 1.5)) {
      const { task } = await this.run('query ($id: ID!) { task(id: $id) { status errorCode error attempts } }', { id: taskId });
      if (!['PENDING', 'RUNNING'].includes(task.status)) return task;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** The built gateway as a process of its own, over a folder that outlives it. */
export class GatewayProcess {
  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
    readonly output: () => string,
    /** Key of admin; only of the first process over a folder. */
    readonly firstKey: string | null,
  ) {}

  /** Resolves when it listens; rejects with what it printed when it ends before. `root` is where another release was built. */
  static async start(folder: string, env: Record<string, string> = {}, args: readonly string[] = [], root = ROOT): Promise<GatewayProcess> {
    const child = spawn(process.execPath, ['dist/main.js', ...args], {
      cwd: root,
      env: { PATH: process.env.PATH, DATA_DIR: folder, PORT: '0', FETCH_ALLOW: '127.0.0.0/8', REFRESH_INTERVAL: '0', LOG_LEVEL: 'warn', ...projectSettings(), ...settingsOf.get(folder), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    for (;;) {
      const url = /(?:Image server|Health, metrics):? +(http:\/\/\S+?)\/(?:imgapi|readyz)/.exec(output)?.[1];
      if (url !== undefined) return new GatewayProcess(child, url, () => output, /#token=(\S+)/.exec(output)?.[1] ?? null);
      if (child.exitCode !== null) throw new Error(`The gateway ended with ${child.exitCode}:\n${output}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Ends it the hard way, at once. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }

  /** Ends it as an operator does; its exit code. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
    return this.child.exitCode;
  }
}

/** An empty folder, and with the project `postgres` an empty database beside it. */
export async function freshFolder(): Promise<TemporaryFolder> {
  const folder = await temporaryFolder();
  return process.env.TEST_DATABASE === 'postgres' ? beside(folder, await createTestDatabase()) : folder;
}

/** The same with the tables of the gateway in the database, so that the first start makes nothing but the first rows. */
export async function migratedFolder(): Promise<TemporaryFolder> {
  const folder = await temporaryFolder();
  if (process.env.TEST_DATABASE === 'postgres') return beside(folder, await createMigratedDatabase());
  await copyMigratedSqlite(folder.path);
  return folder;
}

function beside(folder: TemporaryFolder, database: TestDatabase): TemporaryFolder {
  settingsOf.set(folder.path, { DATABASE_URL: database.url });
  const remove = async (): Promise<void> => {
    await database.drop();
    await folder.remove();
  };
  return { path: folder.path, remove, [Symbol.asyncDispose]: remove };
}

/** Where a process over that folder keeps its rows. */
export function databaseOf({ path }: TemporaryFolder): DatabaseTarget {
  const url = settingsOf.get(path)?.DATABASE_URL;
  return url === undefined ? { kind: 'sqlite', path: sqlitePathIn(path) } : { kind: 'postgres', url };
}

/** A fresh gateway process with admin signed in. */
export async function startFresh(env: Record<string, string> = {}): Promise<{ gateway: GatewayProcess; admin: TestClient; folder: TemporaryFolder }> {
  const folder = await migratedFolder();
  const gateway = await GatewayProcess.start(folder.path, env);
  return { gateway, admin: new TestClient(gateway.url, gateway.firstKey), folder };
}
