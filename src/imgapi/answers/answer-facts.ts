import type { Readable } from 'node:stream';
import type { FetchResponse } from '../../platform/fetch/fetch.js';
import { isObject, type Json } from '../upgrade-manifest.js';

/** What an answer shows of its server: the status, the headers, and how its body begins. */
export interface AnswerFacts {
  status: number;
  headers: FetchResponse['headers'];
  /** The URL that answered. */
  url: string;
  /** The first bytes as text. */
  head: string;
  /** The body, if it is one JSON object that the head holds completely. */
  json: Json | null;
}

/** Bytes of a body that are looked at. */
export const HEAD_BYTES = 16 * 1024;

export function factsOf({ status, headers, url }: Pick<FetchResponse, 'status' | 'headers' | 'url'>, head: Buffer): AnswerFacts {
  const text = head.subarray(0, HEAD_BYTES).toString('utf8').replace(/^\uFEFF/, '').trimStart();
  return { status, headers, url, head: text, json: parseObject(text) };
}

/** Only a message is made of the head, so nothing waits longer for it. */
const HEAD_TIMEOUT_MS = 3000;

/** Reads the head of a body and closes it. A body that breaks or stalls counts as far as it came. */
export async function readHead(body: Readable, most = HEAD_BYTES): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => body.destroy(), HEAD_TIMEOUT_MS);
  try {
    // Without a text encoding it yields Buffers.
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= most) break;
    }
  } catch {
    // What has come is enough.
  } finally {
    clearTimeout(timer);
  }
  body.destroy();
  return Buffer.concat(chunks);
}

function parseObject(text: string): Json | null {
  if (!text.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
