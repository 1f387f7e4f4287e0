import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type Answer, type DataServer, startDataServer } from '../virtual-servers/data-server.js';
import { type ImgapiRepository, makeImage, type PublishedImage, startImgapiRepository } from '../support/imgapi-repository.js';
import type { RepositoryFaults } from '../support/imgapi-repository.js';

/** What images come from: a repository, and the bytes of snapshots. */
export interface Source {
  repository: ImgapiRepository;
  /** Addresses of two more repositories, which offer little and never fail. */
  mirrors: readonly string[];
  /** Where the bytes of that snapshot are. */
  snapshotUrl(name: string): string;
  /** SHA-1 of the bytes of that snapshot. */
  snapshotSha1(name: string): string;
  offer(name: string, size: number): PublishedImage;
  withdraw(uuid: string): void;
  /** Misbehaves until it is told otherwise. */
  misbehave(fault: SourceFault): void;
  close(): Promise<void>;
}

export interface SourceFault {
  name: string;
  repository: RepositoryFaults;
  data: Answer | null;
}

export const HEALTHY: SourceFault = { name: 'healthy', repository: {}, data: null };
const SNAPSHOT_BYTES = 300_000;
const HALF = SNAPSHOT_BYTES / 2;

function part(response: ServerResponse, then: () => void): void {
  response.writeHead(200, { 'content-length': SNAPSHOT_BYTES }).write(Buffer.alloc(HALF, 7), then);
}

/** A source cuts, stalls and lies. */
export const SOURCE_FAULTS: readonly SourceFault[] = [
  { name: 'cuts', repository: { file: { cut: 1000 }, list: { cut: 1000 } }, data: (response) => part(response, () => response.destroy()) },
  { name: 'stalls', repository: { file: 'stall' }, data: (response) => part(response, () => undefined) },
  { name: 'says nothing', repository: { file: 'silence' }, data: () => undefined },
  { name: 'is slow', repository: { file: { slow: 60_000 } }, data: null },
  { name: 'sends a wrong byte', repository: { file: 'wrongByte' }, data: (response) => part(response, () => response.destroy()) },
  { name: 'sends too little', repository: { file: 'shortFile' }, data: (response) => response.writeHead(200, { 'content-length': 0 }).end() },
  { name: 'sends a page in place of a file', repository: { file: 'html', list: 'html', manifest: 'html' }, data: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><title>Sign in</title>') },
  { name: 'answers with 500', repository: { file: 'status500', manifest: 'status500', list: 'status500' }, data: (response) => response.writeHead(500).end() },
  { name: 'sends half of a list', repository: { list: 'halfList' }, data: null },
];

/** Bytes that follow from their name, half of them noise. */
function snapshotBytes(name: string): Buffer {
  const noise = Array.from({ length: HALF / 20 }, (_, at) => createHash('sha1').update(`${name}${at}`).digest());
  const bytes = Buffer.concat([...noise, Buffer.alloc(HALF)]);
  bytes.set([0xeb], 0);
  bytes.set([0x55, 0xaa], 510);
  return bytes;
}

export async function startSource(): Promise<Source> {
  const repository = await startImgapiRepository();
  const mirrors = await Promise.all(['one', 'two'].map(async (name) => startImgapiRepository({ images: [makeImage({ name })] })));
  const snapshots = new Map<string, Buffer>();
  const bytesOf = (name: string): Buffer => snapshots.get(name) ?? snapshots.set(name, snapshotBytes(name)).get(name) ?? Buffer.alloc(0);
  const healthy: Answer = (response, request) => {
    const bytes = bytesOf(new URL(request.url ?? '/', 'http://data').searchParams.get('of') ?? '');
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  };
  const data: DataServer = await startDataServer(healthy);
  return {
    repository,
    mirrors: mirrors.map(({ url }) => url),
    snapshotUrl: (name) => `${data.url}?of=${name}`,
    snapshotSha1: (name) => createHash('sha1').update(bytesOf(name)).digest('hex'),
    offer(name, size) {
      const image = makeImage({ name, version: '1.0', size });
      repository.images.push(image);
      return image;
    },
    withdraw(uuid) {
      repository.images = repository.images.filter(({ manifest }) => manifest.uuid !== uuid);
    },
    misbehave(fault) {
      // A count of cuts goes down in place.
      repository.fail = structuredClone(fault.repository);
      data.answer = fault.data ?? healthy;
    },
    async close() {
      await Promise.all([repository, ...mirrors].map(async (server) => server.close()));
      await data.close();
    },
  };
}
