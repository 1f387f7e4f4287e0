import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, misbehave, type RepositoryFault } from './imgapi-faults.js';
import type { PublishedImage } from './make-image.js';

export { makeImage, type MakeImage, type PublishedImage } from './make-image.js';
export type { RepositoryFault } from './imgapi-faults.js';

export interface LoggedRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
}

export interface RepositoryFaults {
  list?: RepositoryFault;
  manifest?: RepositoryFault;
  file?: RepositoryFault;
}

export interface ImgapiRepository {
  /** Base address with the prefix and without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** `127.0.0.1:port`, as `trustedHosts` wants it. */
  readonly host: string;
  images: PublishedImage[];
  /** Every request so far, in order. */
  readonly requests: LoggedRequest[];
  fail: RepositoryFaults;
  /** Whether lists carry an ETag and answer 304. */
  etag: boolean;
  /** Images per page with `limit` and an inclusive `marker`; null: the whole list whatever is asked. */
  pageSize: number | null;
  /** `user:password` that every request must carry, else 401; null: none. */
  userAndPassword: string | null;
  /** Whether files answer Range with 206. */
  ranges: boolean;
  manifestUrl(image: PublishedImage): string;
  close(): Promise<void>;
}

/** A real IMGAPI server on a free port of 127.0.0.1; `images`, `fail` and the switches may be changed while it runs. */
export async function startImgapiRepository(options: { images?: PublishedImage[]; prefix?: string } = {}): Promise<ImgapiRepository> {
  const prefix = options.prefix ?? '';
  const server = createServer((request, response) => {
    const url = request.url ?? '/';
    repository.requests.push({ method: request.method ?? 'GET', url, headers: request.headers });
    respond(repository, prefix, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const repository: ImgapiRepository = {
    url: `http://127.0.0.1:${port}${prefix}`,
    port,
    host: `127.0.0.1:${port}`,
    images: options.images ?? [],
    requests: [],
    fail: {},
    etag: true,
    pageSize: null,
    userAndPassword: null,
    ranges: true,
    manifestUrl: (image) => `${repository.url}/images/${image.manifest.uuid}`,
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
  return repository;
}

async function respond(repository: ImgapiRepository, prefix: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://repository');
  const wanted = repository.userAndPassword === null ? null : `Basic ${Buffer.from(repository.userAndPassword).toString('base64')}`;
  if (wanted !== null && request.headers.authorization !== wanted) return await send(response, json({ code: 'UnauthorizedError', message: 'user and password are wanted' }, 401));
  const [place, uuid, file, ...rest] = pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length + 1).replace(/\/$/, '').split('/') : [];
  const image = repository.images.find(({ manifest }) => manifest.uuid === uuid);
  if (place === 'ping' && uuid === undefined) return await send(response, json({ ping: 'pong', version: '4.13.1', imgapi: true }));
  if (place === 'images' && uuid === undefined) return await misbehave(repository.fail.list, response, list(repository, searchParams, request), send);
  if (place !== 'images' || image === undefined || rest.length > 0 || (file !== undefined && file !== 'file')) {
    return await send(response, json({ code: 'ResourceNotFound', message: `image ${uuid} not found` }, 404));
  }
  if (file === 'file') return await misbehave(repository.fail.file, response, fileOf(repository, image, request), send);
  return await misbehave(repository.fail.manifest, response, json(image.manifest), send);
}

function list(repository: ImgapiRepository, query: URLSearchParams, request: IncomingMessage): Answer {
  const manifests = repository.images.map(({ manifest }) => manifest);
  const marker = manifests.findIndex(({ uuid }) => uuid === query.get('marker'));
  const size = repository.pageSize;
  const start = Math.max(0, marker);
  const page = size === null ? manifests : manifests.slice(start, start + Math.min(size, Number(query.get('limit') ?? size)));
  const answer = json(page);
  if (!repository.etag) return answer;
  const etag = createHash('sha1').update(answer.body).digest('hex');
  const isKnown = request.headers['if-none-match']?.replaceAll('"', '') === etag;
  return isKnown ? { status: 304, headers: { etag }, body: Buffer.alloc(0) } : { ...answer, headers: { ...answer.headers, etag } };
}

function fileOf(repository: ImgapiRepository, { file }: PublishedImage, request: IncomingMessage): Answer {
  const etag = `"${createHash('sha1').update(file).digest('hex')}"`;
  const headers = { etag, 'content-type': 'application/octet-stream', 'content-md5': createHash('md5').update(file).digest('base64') };
  const ifRange = request.headers['if-range'];
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const offset = Number(from ?? Number.NaN);
  if (!repository.ranges || Number.isNaN(offset) || (ifRange !== undefined && ifRange !== etag)) return { status: 200, headers, body: file };
  if (offset >= file.length) return { status: 416, headers: { 'content-range': `bytes */${file.length}` }, body: Buffer.alloc(0) };
  const last = to ? Math.min(Number(to), file.length - 1) : file.length - 1;
  const range = `bytes ${offset}-${last}/${file.length}`;
  return { status: 206, headers: { ...headers, 'content-range': range }, body: file.subarray(offset, last + 1) };
}

function json(value: unknown, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(value, null, 2)) };
}

async function send(response: ServerResponse, { status, headers, body }: Answer): Promise<void> {
  response.writeHead(status, status === 304 ? headers : { ...headers, 'content-length': String(body.length) });
  response.end(body);
}
