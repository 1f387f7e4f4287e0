import type { FetchImplementation } from 'jose';
import { type GuardedFetch, hostKey } from '../../platform/fetch/fetch.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';

const KEY_SET_LIMIT_BYTES = 256 * 1024;

/** Fetches the configured key set through the guarded fetch. Its host may be a private address, as the operator named it. */
export function fetchKeysWith(fetch: GuardedFetch): FetchImplementation {
  return async (url, { signal }) => {
    const answer = await fetch.get(url, { trustedHosts: new Set([hostKey(url)]), decodedLimitBytes: KEY_SET_LIMIT_BYTES, signal });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) { // Readable declares any; without an encoding it yields buffers.
      size += chunk.length;
      if (size > KEY_SET_LIMIT_BYTES) throw new Error(`The key set at ${redactUrl(url)} is larger than ${KEY_SET_LIMIT_BYTES} bytes.`);
      chunks.push(chunk);
    }
    return new Response(Buffer.concat(chunks), { status: answer.status });
  };
}
