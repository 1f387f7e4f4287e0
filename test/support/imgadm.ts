import { createHash } from 'node:crypto';
import { referenceFaults } from './imgmanifest.js';
import { type Manifest, SdcClient, type SdcError } from './sdc-client.js';

const USER_AGENT = 'imgadm/3.10.0 (node/0.10.48; OpenSSL/1.0.1u)';

interface Found {
  manifest: Manifest;
  source: string;
}

/** A compute node's imgadm, as far as a source of images sees it; what is installed is kept in memory in the place of a ZFS pool. */
export class Imgadm implements Disposable {
  readonly #clients = new Map<string, SdcClient>();
  readonly installed = new Map<string, { manifest: Manifest; bytes: Buffer }>();

  /** `imgadm sources -a URL`: refuses what does not answer a ping as IMGAPI does. */
  async addSource(url: string): Promise<void> {
    const source = url.replace(/\/$/, '');
    const client = new SdcClient(source, { version: '~2', userAgent: USER_AGENT });
    this.#clients.set(source, client);
    const pong = await client.ping();
    if (pong.imgapi !== true) throw new Error(`The source ${source} does not say that it is IMGAPI.`);
  }

  get sources(): string[] {
    return [...this.#clients.keys()];
  }

  /** `imgadm avail` */
  async avail(): Promise<Found[]> {
    const found = new Map<string, Found>();
    for (const [source, client] of this.#clients) {
      for (const manifest of await client.list()) if (!found.has(manifest.uuid)) found.set(manifest.uuid, { manifest, source });
    }
    return [...found.values()];
  }

  /** `imgadm show UUID` */
  async show(uuid: string): Promise<Manifest> {
    return this.installed.get(uuid)?.manifest ?? (await this.#find(uuid, false)).manifest;
  }

  /** `imgadm import UUID`: manifests from the leaf up, then files from the root down. */
  async import(uuid: string): Promise<void> {
    const chain: Found[] = [];
    for (let wanted: string | undefined = uuid; wanted !== undefined && !this.installed.has(wanted); wanted = chain.at(-1)?.manifest.origin) chain.push(await this.#find(wanted, true));
    for (const found of chain.toReversed()) await this.#install(found);
  }

  /** `imgadm vacuum`: removes images that no server and no image on this node uses. */
  vacuum(inUse: readonly string[]): string[] {
    const removed: string[] = [];
    for (;;) {
      const origins = [...this.installed.values()].map(({ manifest }) => manifest.origin);
      const unused = [...this.installed.keys()].find((uuid) => !inUse.includes(uuid) && !origins.includes(uuid));
      if (unused === undefined) return removed;
      this.installed.delete(unused);
      removed.push(unused);
    }
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client.close();
  }

  async #find(uuid: string, mustBeActive: boolean): Promise<Found> {
    for (const [source, client] of this.#clients) {
      const manifest = await client.get(uuid).catch((error: SdcError) => {
        if (error.statusCode === 404) return null;
        throw error;
      });
      if (manifest !== null && (!mustBeActive || manifest.state === 'active')) return { manifest, source };
    }
    throw new Error(`The image ${uuid} was not found in the sources.`);
  }

  async #install({ manifest, source }: Found): Promise<void> {
    const faults = referenceFaults(manifest);
    if (faults.length > 0) throw new Error(`The manifest of ${manifest.uuid} is invalid: ${JSON.stringify(faults)}`);
    if (manifest.origin !== undefined && !this.installed.has(manifest.origin)) throw new Error(`The origin of ${manifest.uuid} is not installed.`);
    const stream = await this.#clients.get(source)?.stream(manifest.uuid);
    const md5 = stream?.headers['content-md5'];
    if (stream === undefined || md5 === undefined) throw new Error('image file headers did not include a "Content-MD5"');
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const [file] = manifest.files;
    if (bytes.length !== file?.size || bytes.length !== Number(stream.headers['content-length'])) throw new Error('file size error');
    if (createHash('md5').update(bytes).digest('base64') !== md5) throw new Error('file checksum (md5) error');
    if (createHash('sha1').update(bytes).digest('hex') !== file.sha1) throw new Error('file checksum (sha1) error');
    this.installed.set(manifest.uuid, { manifest, bytes });
  }
}
