import { createRequire } from 'node:module';
import type { IncomingMessage } from 'node:http';

type Json = Record<string, unknown>;
type Callback<T> = (error: Error | null, result: T, response: IncomingMessage) => void;

export interface Manifest extends Json {
  uuid: string;
  name: string;
  version: string;
  state: string;
  origin?: string;
  files: { sha1: string; size: number; compression: string }[];
}

/** The client of the protocol's authors: imgadm and sdc-imgapi-cli speak through it. */
interface Client {
  ping(callback: Callback<Json>): void;
  listImages(filters: Json, options: Json, callback: Callback<Manifest[]>): void;
  getImage(uuid: string, account: string | undefined, options: Json, callback: Callback<Manifest>): void;
  getImageFile(uuid: string, path: string, account: string | undefined, options: Json, callback: (error: Error | null, response: IncomingMessage) => void): void;
  getImageFileStream(uuid: string, account: string | undefined, options: Json, callback: (error: Error | null, response: IncomingMessage) => void): void;
  getImageIconStream(uuid: string, callback: (error: Error | null, response: IncomingMessage) => void): void;
  close(): void;
}

const { IMGAPI } = createRequire(import.meta.url)('sdc-clients') as { IMGAPI: new (options: Json) => Client };

/** What the client makes of an error: the code of the body, or of the connection. */
export interface SdcError extends Error {
  statusCode: number;
  body: { code: string; message: string };
}

/** The client with promises in the place of callbacks. */
export class SdcClient {
  readonly #client: Client;

  constructor(url: string, options: { version?: string; userAgent?: string } = {}) {
    this.#client = new IMGAPI({ url, agent: false, ...options });
  }

  async ping(): Promise<Json> {
    return this.#call((callback) => this.#client.ping(callback));
  }

  async list(filters: Json = {}, options: Json = {}): Promise<Manifest[]> {
    return this.#call((callback) => this.#client.listImages({ ...filters }, options, callback));
  }

  async get(uuid: string, account?: string, options: Json = {}): Promise<Manifest> {
    return this.#call((callback) => this.#client.getImage(uuid, account, options, callback));
  }

  /** Writes the file of an image to `path`. */
  async download(uuid: string, path: string, options: Json = {}): Promise<IncomingMessage> {
    return this.#call((callback) => this.#client.getImageFile(uuid, path, undefined, options, callback));
  }

  async stream(uuid: string, options: Json = {}): Promise<IncomingMessage> {
    return this.#call((callback) => this.#client.getImageFileStream(uuid, undefined, options, callback));
  }

  async icon(uuid: string): Promise<IncomingMessage> {
    return this.#call((callback) => this.#client.getImageIconStream(uuid, callback));
  }

  /** The error of a call that must fail. */
  async failure(call: Promise<unknown>): Promise<SdcError> {
    return call.then(
      () => {
        throw new Error('The call went well.');
      },
      (error: SdcError) => error,
    );
  }

  close(): void {
    this.#client.close();
  }

  #call<T>(begin: (callback: (error: Error | null, result: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => begin((error, result) => (error === null || error === undefined ? resolve(result) : reject(error))));
  }
}
