import { connect } from 'node:net';

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Sends bytes as they are, and reads until the other side closes or the first answer is whole. */
export async function sendRaw(url: string, bytes: string): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setTimeout(20_000, () => socket.destroy());
  let text = '';
  await new Promise<void>((resolve) => {
    socket.once('connect', () => socket.write(bytes));
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const length = /content-length: (\d+)/i.exec(text)?.[1];
      const start = text.indexOf('\r\n\r\n');
      if (length !== undefined && start !== -1 && text.length >= start + 4 + Number(length)) resolve();
    });
  });
  socket.destroy();
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => [line.split(':', 1)[0]!.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: rest.join('\r\n\r\n') };
}

/** The codes of an answer in our shape; fails on any other shape. */
export function codesOf(body: string): string[] {
  const { errors, ...more } = JSON.parse(body) as { errors: { message: unknown; extensions: { code: unknown } }[] };
  if (Object.keys(more).some((key) => key !== 'data' && key !== 'extensions')) throw new Error(`Not our shape: ${body}`);
  return errors.map(({ message, extensions: { code } }) => {
    if (typeof message !== 'string' || typeof code !== 'string') throw new Error(`Not our shape: ${body}`);
    return code;
  });
}
