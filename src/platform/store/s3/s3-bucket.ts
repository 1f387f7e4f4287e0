import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import type { ProxySettings } from '../../fetch/proxy-settings.js';
import { withinTime } from '../../scheduling/within-time.js';
import { S3Failure } from './s3-failure.js';
import type { S3Location } from './s3-location.js';

const CONNECT_MS = 5000;
const REQUEST_MS = 60_000;
const MOST_ATTEMPTS = 4;
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

  constructor(readonly location: S3Location) {
    const { bucket, endpoint, region, pathStyle, proxies } = location;
    this.bucket = bucket;
    const agent = { keepAlive: true, maxSockets: MOST_CONNECTIONS, proxyEnv: proxyEnvironment(proxies) };
    this.#client = new S3Client({
      ...(endpoint !== null && { endpoint }),
      ...(region !== null && { region }),
      forcePathStyle: pathStyle,
      maxAttempts: MOST_ATTEMPTS,
      // Content-MD5 is what every server verifies; a checksum that is appended to the body is not.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: CONNECT_MS, httpAgent: new Agent(agent), httpsAgent: new TlsAgent(agent) },
    });
  }

  /** Makes a request. Throws S3Failure, also when no answer came in time or the signal ended it; the body of an answer is not in that time. */
  async ask<T>(request: S3Request<T>, withinMs = REQUEST_MS, signal?: AbortSignal): Promise<T> {
    const cancel = new AbortController();
    const abortSignal = signal === undefined ? cancel.signal : AbortSignal.any([cancel.signal, signal]);
    try {
      // Its abort alone is not enough: looking for credentials does not obey the signal.
      return await withinTime(withinMs, request(this.#client, { abortSignal }));
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
