import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { WrongCall } from '../command-error.js';
import { defineCommand } from '../command.js';
import { GatewayClient } from '../server/gateway-client.js';
import { writeLogin } from '../server/login-file.js';
import { serverUrl, usableKey } from '../server/sign-in.js';
import type { Terminal } from '../terminal.js';

const WHO = 'query CliLogin { viewer { user { username } } }';

const LONGEST_INPUT = 65_536;

/** Keeps the address of a gateway and a key, once the gateway has accepted the key. */
export const login = defineCommand({
  usage: 'login [url]',
  summary: 'Sign in: store the address of a gateway and a key for further commands.',
  notes: 'The key is taken from GATEWAY_KEY, asked for on a terminal, or else read from stdin: never taken from the command line, where others can see it. It is stored in a file that only you can read.',
  examples: [
    ['login https://images.example.com', 'Ask for the key'],
    ['login https://images.example.com < key.txt', 'Read the key from a file'],
  ],
  options: (parser) => parser.positional('url', { type: 'string', describe: 'Address of the gateway; GATEWAY_URL when left out' }),
  async run({ process: { env, terminal }, output }, { url, server: given, timeout }) {
    const address = url ?? given ?? env['GATEWAY_URL'];
    if (address === undefined || address === '') throw new WrongCall('No gateway is named. Give its address: image-gateway login https://images.example.com');
    const server = serverUrl(address, 'The address');
    const key = usableKey(env['GATEWAY_KEY'] || (await askedKey(terminal)), env['GATEWAY_KEY'] ? 'GATEWAY_KEY' : 'What was read');
    const client = new GatewayClient({ server, key, timeoutMs: timeout * 1000 });
    const { viewer } = await client.run<{ viewer: { user: { username: string } } }>(WHO);
    const file = await writeLogin(env, { server: server.href, key });
    output.done(`Signed in to ${server.host} as ${viewer.user.username}. The key is kept in ${file}.`, { server: server.href, username: viewer.user.username, file });
  },
});

async function askedKey({ stdin, stderr }: Terminal): Promise<string> {
  if (!stdin.isTTY) return readAll(stdin);
  stderr.write('Key: ');
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: silent, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    stderr.write('\n');
  }
}

async function readAll(stdin: NodeJS.ReadStream): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > LONGEST_INPUT) throw new WrongCall(`What was read is longer than ${LONGEST_INPUT} characters, and so no key.`);
  }
  return text;
}
