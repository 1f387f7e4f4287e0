import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { reasonOf } from './fetch-failure.js';
import type { Proxy } from './proxy-settings.js';
import { redactUrl } from './redact-url.js';

const TIMEOUT_MS = 10_000;

/** A proxy could not be reached, or refused the connection. The message names the setting and the proxy, never its password or the destination. */
export class ProxyFailure extends Error {
  constructor(
    proxy: Proxy,
    reason: string,
    /** The status that the proxy answered with; null when it did not answer. */
    readonly status: number | null,
    options?: ErrorOptions,
  ) {
    super(`the proxy of ${proxy.setting} (${redactUrl(proxy.url.origin)}) ${reason}`, options);
    this.name = 'ProxyFailure';
  }
}

/** Opens a connection to `authority` (`host:port`) through a proxy with CONNECT, and returns its socket. Throws ProxyFailure. */
export function openTunnel(proxy: Proxy, authority: string): Promise<Socket> {
  const { url } = proxy;
  const isTls = url.protocol === 'https:';
  const request = (isTls ? httpsRequest : httpRequest)({
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, connection: 'keep-alive', 'user-agent': 'image-gateway', ...authorization(url) },
    agent: false,
  });
  return new Promise((resolve, reject) => {
    const unreachable = (reason: string, cause?: unknown): void => reject(new ProxyFailure(proxy, `cannot be reached: ${reason}`, null, { cause }));
    const timer = setTimeout(() => {
      unreachable('no answer came in time');
      request.destroy();
    }, TIMEOUT_MS);
    request.once('close', () => clearTimeout(timer));
    // Stays on: a request that is destroyed may emit an error.
    request.on('error', (error) => unreachable(reasonOf(error), error));
    request.once('connect', ({ statusCode = 0 }: IncomingMessage, socket: Socket, head: Buffer) => {
      clearTimeout(timer);
      if (statusCode >= 200 && statusCode < 300) {
        if (head.length > 0) socket.unshift(head);
        return resolve(socket);
      }
      socket.on('error', () => undefined).destroy();
      return reject(new ProxyFailure(proxy, refusal(statusCode, proxy, authority), statusCode));
    });
    request.end();
  });
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(text).toString('base64')}` };
}

function refusal(status: number, { url, setting }: Proxy, authority: string): string {
  const port = authority.slice(authority.lastIndexOf(':') + 1);
  if (status !== 407) return `refused the connection to port ${port} with status ${status}; it must allow CONNECT to that host and port, or the host must be in NO_PROXY`;
  return url.username === ''
    ? `asks for a user and a password (status 407); write them before the host in ${setting}, with a colon between them and an @ after them`
    : 'does not accept the user and password of that setting (status 407)';
}
