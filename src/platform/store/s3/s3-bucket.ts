import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import type { ProxySettings } from '../../fetch/proxy-settings.js';
import { withinTime } from '../../scheduling/within-time.js';
import { S3Failure } from './s3-failure.js';
import type { S3Location } from './s3-location.js';
import { demandWholeAnswers } from './whole-answers.js';

const CONNECT_MS = 5000;
const REQUEST_MS = 60_000;
const MOST_ATTEMPTS = 4;
/** A connection that sends bytes, and moves none for so long, is dead. */
const SEND_IDLE_MS = 60_000;
/** How long sending bytes may take while they move: 8 MiB need a quarter of an hour at 10 kB/s. */
const SEND_MS = 7_200_000;
/** Each file that is being sent has a connection of its own. */
const MOST_CONNECTIONS = 1000;

/** One request of the client; the options bound its time. */
export type S3Request<T> = (client: S3Client, options: { abortSignal: AbortSignal }) => Promise<T>;

/**
 * A bucket, and the client that speaks to it. The client retries what may pass (a connection that breaks, 500, 503 SlowDown), and finds
 * credentials as the tools of AWS do. It does not fetch through GuardedFetch: its address comes from the operator, and may be private.
 */
export class S3Bucket {
  readonly bucket: string;
  readonly #client: S3Client;
  /** Made for the first bytes that are sent. */
  #sender: S3Client | null = null;

  constructor(readonly location: S3Location) {
    this.bucket = location.bucket;
    this.#client = this.#newClient();
  }

  /** Makes a request. Throws S3Failure, also when no answer came in time or the signal ended it; the body of an answer is not in that time. */
  async ask<T>(request: S3Request<T>, withinMs = REQUEST_MS): Promise<T> {
    return this.#ask(this.#client, request, { withinMs });
  }

  /** The same for a request that sends bytes, which may take its time as long as they move. */
  async send<T>(request: S3Request<T>, signal?: AbortSignal): Promise<T> {
    this.#sender ??= this.#newClient(SEND_IDLE_MS);
    return this.#ask(this.#sender, request, { withinMs: SEND_MS, signal });
  }

  #newClient(socketTimeout = 0): S3Client {
    const { endpoint, region, pathStyle, proxies } = this.location;
    const agent = { keepAlive: true, maxSockets: MOST_CONNECTIONS, proxyEnv: proxyEnvironment(proxies) };
    const client = new S3Client({
      ...(endpoint !== null && { endpoint }),
      ...(region !== null && { region }),
      forcePathStyle: pathStyle,
      maxAttempts: MOST_ATTEMPTS,
      // Content-MD5 is what every server verifies; a checksum that is appended to the body is not.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      // Bytes are sent at once, so there is nothing to wait for; some proxies refuse the header.
      expectContinueHeader: false,
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout, httpAgent: new Agent(agent), httpsAgent: new TlsAgent(agent) },
    });
    demandWholeAnswers(client);
    return client;
  }

  async #ask<T>(client: S3Client, request: S3Request<T>, { withinMs, signal }: { withinMs: number; signal?: AbortSignal | undefined }): Promise<T> {
    const cancel = new AbortController();
    const abortSignal = signal === undefined ? cancel.signal : AbortSignal.any([cancel.signal, signal]);
    try {
      // Its abort alone is not enough: looking for credentials does not obey the signal.
      return await withinTime(withinMs, request(client, { abortSignal }));
    } catch (error) {
      cancel.abort();
      throw new S3Failure(this.location, error);
    }
  }

  /** The same; null when the object or upload is not there. */
  async askOrNull<T>(request: S3Request<T>, withinMs?: number): Promise<T | null> {
    try {
      return await this.ask(request, withinMs);
    } catch (error) {
      if (error instanceof S3Failure && error.isAbsent) return null;
      throw error;
    }
  }
}

function proxyEnvironment({ https, http, noProxy }: ProxySettings): Record<string, string> {
  return { ...(https !== null && { HTTPS_PROXY: https }), ...(http !== null && { HTTP_PROXY: http }), NO_PROXY: noProxy.join(',') };
}
