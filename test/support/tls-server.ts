import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

/** The certificates of test/fixtures/tls have one key, which is no secret, and are valid until 2125; `expired` was until 2020. */

/** The certificate that signed all others of test/fixtures/tls but `self-signed`; no system trusts it. */
export const AUTHORITY = fileURLToPath(new URL('../fixtures/tls/authority.pem', import.meta.url));

export type Certificate = 'localhost' | 'other-host' | 'expired' | 'self-signed';

/** A server with TLS on a free port of 127.0.0.1. */
export async function startTlsServer(certificate: Certificate, listener: RequestListener): Promise<{ port: number; url: string; close: () => Promise<void> }> {
  const read = (name: string): Buffer => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));
  const server = createServer({ key: read('key'), cert: read(certificate) }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port, url: `https://localhost:${port}`, close };
}
