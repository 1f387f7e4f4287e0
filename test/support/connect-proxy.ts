import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A real proxy that understands CONNECT and nothing else. */
export interface ConnectProxy {
  /** Without user and password. */
  readonly url: string;
  readonly port: number;
  /** What clients asked for, in order: the target as `host:port`, and their Proxy-Authorization. */
  readonly requests: { target: string; authorization: string | undefined }[];
  /** Every target is reached at this port of 127.0.0.1 instead; null: where it says. */
  redirectTo: number | null;
  /** Refuses with this status; null: connects. */
  refuseWith: number | null;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1. With `userAndPassword` it answers 407 to everybody else. */
export async function startConnectProxy(userAndPassword: string | null = null): Promise<ConnectProxy> {
  const sockets = new Set<Socket>();
  const wanted = userAndPassword === null ? undefined : `Basic ${Buffer.from(userAndPassword).toString('base64')}`;
  const server = createServer((_request, response) => response.writeHead(405).end('CONNECT only'));
  server.on('connect', (request, client: Socket) => {
    const target = request.url ?? '';
    const authorization = request.headers['proxy-authorization'];
    proxy.requests.push({ target, authorization });
    sockets.add(client.on('error', () => undefined));
    const status = wanted !== undefined && authorization !== wanted ? 407 : proxy.refuseWith;
    if (status !== null) return client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const [host, port] = proxy.redirectTo === null ? splitTarget(target) : ['127.0.0.1', proxy.redirectTo];
    const upstream = connect({ host, port }, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream.on('error', () => client.destroy()).on('close', () => client.destroy()));
    return client.on('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: ConnectProxy = {
    url: `http://127.0.0.1:${port}`,
    port,
    requests: [],
    redirectTo: null,
    refuseWith: null,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return proxy;
}

function splitTarget(target: string): [host: string, port: number] {
  const at = target.lastIndexOf(':');
  return [target.slice(0, at).replace(/^\[(.*)\]$/, '$1'), Number(target.slice(at + 1))];
}
