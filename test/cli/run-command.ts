import { execFile, spawn } from 'node:child_process';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { packageVersion } from '../../src/platform/version.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The bin as npm links it. */
export const BIN = `${ROOT}scripts/image-gateway.cjs`;

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs commands as a person with an environment of their own: as processes of the bin, or in this process, which takes a tenth of the time. */
export class CommandRunner {
  constructor(
    readonly env: Readonly<Record<string, string>>,
    private readonly execute: Execute = executeBin,
  ) {}

  with(env: Readonly<Record<string, string>>): CommandRunner {
    return new CommandRunner({ ...this.env, ...env }, this.execute);
  }

  async run(...words: string[]): Promise<Outcome> {
    return this.fed('', ...words);
  }

  /** The same with a text on stdin. */
  async fed(input: string, ...words: string[]): Promise<Outcome> {
    return this.execute(words, this.env, input);
  }

  /** What it prints as JSON; fails the test when the exit code is not 0. */
  async json<Data>(...words: string[]): Promise<Data> {
    const { code, stdout, stderr } = await this.run(...words, '-o', 'json');
    if (code !== 0) throw new Error(`Exit code ${code}: ${stderr}`);
    return JSON.parse(stdout) as Data;
  }

  /** A process that goes on, for commands that serve. */
  start(...words: string[]) {
    return spawn(process.execPath, [BIN, ...words], { cwd: ROOT, env: { PATH: process.env['PATH'], ...this.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  }
}

type Execute = (words: readonly string[], env: Readonly<Record<string, string>>, input: string) => Promise<Outcome>;

const executeBin: Execute = async (words, env, input) =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [BIN, ...words], { cwd: ROOT, env: { PATH: process.env['PATH'], ...env } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }));
    child.stdin?.end(input);
  });

/** What main.ts does with the words, but for the process around it. */
const executeHere: Execute = async (words, env, input) => {
  const [stdin, stdout, stderr] = [Readable.from([Buffer.from(input)]), new PassThrough(), new PassThrough()];
  const printed = Promise.all([text(stdout), text(stderr)]);
  const code = await runCommandLine(words, {
    env,
    // Pipes, as those of a process whose output a program reads.
    terminal: { stdin, stdout, stderr } as unknown as Terminal,
    version: packageVersion(),
    startGateway: () => Promise.reject(new Error('A gateway runs in a process of its own.')),
  });
  stdout.end();
  stderr.end();
  const [out, err] = await printed;
  return { code, stdout: out, stderr: err };
};

/** A runner whose login is kept in a folder that goes with the tests of the file. */
export async function freshRunner(env: Readonly<Record<string, string>> = {}): Promise<CommandRunner & { folder: TemporaryFolder }> {
  const folder = await temporaryFolder();
  afterAll(() => folder.remove());
  return Object.assign(new CommandRunner({ HOME: folder.path, XDG_CONFIG_HOME: `${folder.path}/config`, ...env }), { folder });
}

/** The same in this process, for commands that talk to a gateway. */
export async function freshRunnerHere(): Promise<CommandRunner> {
  return new CommandRunner((await freshRunner()).env, executeHere);
}
