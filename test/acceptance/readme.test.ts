import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectFile } from '../laws/sources.js';
import { freshFolder, GatewayProcess } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

interface Step {
  command: string;
  answer: string;
}

/** The commands of the README, each `$ command` line with the lines that it prints. */
function stepsOf(readme: string): Step[] {
  const blocks = [...readme.matchAll(/^```\n(\$ [^]*?)^```$/gm)].map(([, block = '']) => block);
  return blocks.flatMap((block) => block.split(/^\$ /m).slice(1)).map((step) => {
    const [command = '', ...answer] = step.trim().split('\n');
    return { command, answer: answer.join('\n') };
  });
}

/** Without what differs from run to run: costs, checksums, and how far a download is. */
function comparable(answer: string): string {
  return answer
    .replace(/,"extensions":\{.*\}\}$/m, '}')
    .replaceAll(/\b[0-9a-f]{40}\b/g, '<sha1>')
    .replaceAll(/"bytesDone":\d+/g, '"bytesDone":<bytes>')
    .trim();
}

const [functions, ...steps] = stepsOf(projectFile('README.md'));
let folder: TemporaryFolder;
let gateway: GatewayProcess;
beforeAll(async () => {
  folder = await freshFolder();
  gateway = await GatewayProcess.start(folder.path, { FETCH_ALLOW: '' }, ['--demo']);
});
afterAll(async () => {
  await gateway?.stop();
  await folder?.remove();
});

async function print(command: string): Promise<string> {
  const script = `${functions?.command}\n${command}`.replaceAll('localhost:4000', new URL(gateway.url).host);
  const KEY = / {4}admin .*\n.*#token=(\S+)/.exec(gateway.output())?.[1];
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env: { PATH: process.env.PATH, KEY } });
  return comparable(stdout);
}

it('has a tour of several commands', () => {
  expect(functions?.command).toMatch(/^gql\(\) \{/);
  expect(steps.length).toBeGreaterThan(5);
});

it.each(steps)('tells what the demo prints for: $command', async ({ command, answer }) => {
  // A query is sent until the import is as far as its answer says; a mutation is sent once.
  let once: Promise<string> | undefined;
  const printed = async (): Promise<string> => (command.includes('mutation') ? (once ??= print(command)) : print(command));
  await expect.poll(printed, { timeout: 45_000 }).toBe(comparable(answer));
});
