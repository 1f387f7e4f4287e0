import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface UnwillingServer {
  port: number;
  close: () => Promise<void>;
}

async function listening(answer: (socket: Socket) => void): Promise<UnwillingServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    answer(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Accepts connections, and never says a word. */
export async function silentServer(): Promise<UnwillingServer> {
  return listening((socket) => void socket.resume());
}

/** Agrees to TLS as Postgres does, and is silent from then on. */
export async function silentInTls(): Promise<UnwillingServer> {
  return listening((socket) => void socket.once('data', () => socket.write('S')));
}

/** Signs everybody in as Postgres does, and is silent when it is asked something. */
export async function silentPostgres(): Promise<UnwillingServer> {
  return listening((socket) => void socket.once('data', () => socket.write(Buffer.concat([message('R', int32(0)), message('Z', Buffer.from('I'))]))));
}

/** A Postgres that knows its version, and nothing else. */
export async function postgresOfVersion(version: string, number: string): Promise<UnwillingServer> {
  const fields = ['version', 'number', 'pid'];
  const columns = fields.map((name) => Buffer.concat([Buffer.from(`${name}\0`), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]));
  const values = [version, number, '1'].map((text) => Buffer.concat([int32(text.length), Buffer.from(text)]));
  const answer = Buffer.concat([
    message('T', Buffer.concat([int16(fields.length), ...columns])), message('D', Buffer.concat([int16(fields.length), ...values])), message('C', Buffer.from('SELECT 1\0')), message('Z', Buffer.from('I')),
  ]);
  return listening((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', int32(0)), message('Z', Buffer.from('I'))]));
      socket.on('data', (bytes) => bytes[0] === 'Q'.charCodeAt(0) && socket.write(answer));
    });
  });
}

/** A port that lets no connection be made and refuses none: the queue of a process that is stopped is full. */
export async function blackHole(): Promise<UnwillingServer> {
  const code = "const s = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port))";
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGSTOP');
  const port = Number(text.toString());
  const waiting = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  return {
    port,
    close: async () => {
      for (const socket of waiting) socket.destroy();
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Passes everything on to that port, until it is frozen: then connections stay, and nothing passes. `cut` ends them all, as the end of a process does. */
export async function freezableProxy(to: number): Promise<UnwillingServer & { freeze: () => void; thaw: () => void; cut: () => void }> {
  const pairs = new Set<[Socket, Socket]>();
  let isFrozen = false;
  const server = await listening((socket) => {
    const other = connect(to, '127.0.0.1').on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => other.destroy());
    pairs.add([socket, other]);
    socket.pipe(other).pipe(socket);
    if (isFrozen) for (const end of [socket, other]) end.cork();
  });
  const each = (act: (end: Socket) => void): void => {
    for (const pair of pairs) pair.forEach(act);
  };
  return {
    ...server,
    freeze: () => {
      isFrozen = true;
      each((end) => end.cork());
    },
    thaw: () => {
      isFrozen = false;
      each((end) => end.uncork());
    },
    cut: () => each((end) => end.destroy()),
  };
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
