import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The bin as npm links it. */
export const BIN = `${ROOT}scripts/image-gateway.cjs`;

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the built command line as a person with an environment of their own. */
export class CommandRunner {
  constructor(readonly env: Readonly<Record<string, string>>) {}

  with(env: Readonly<Record<string, string>>): CommandRunner {
    return new CommandRunner({ ...this.env, ...env });
  }

  async run(...words: string[]): Promise<Outcome> {
    return this.fed('', ...words);
  }

  /** The same with a text on stdin. */
  async fed(input: string, ...words: string[]): Promise<Outcome> {
    return new Promise((resolve) => {
      const child = execFile(process.execPath, [BIN, ...words], { cwd: ROOT, env: { PATH: process.env['PATH'], ...this.env } }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }));
      child.stdin?.end(input);
    });
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

/** A runner whose login is kept in a folder that goes with the tests of the file. */
export async function freshRunner(env: Readonly<Record<string, string>> = {}): Promise<CommandRunner & { folder: TemporaryFolder }> {
  const folder = await temporaryFolder();
  afterAll(() => folder.remove());
  return Object.assign(new CommandRunner({ HOME: folder.path, XDG_CONFIG_HOME: `${folder.path}/config`, ...env }), { folder });
}
