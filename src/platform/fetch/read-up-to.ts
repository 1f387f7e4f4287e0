import type { Readable } from 'node:stream';

/** The first bytes of a stream, at most `limit`; all of a shorter one. The stream is destroyed. */
export async function readUpTo(stream: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // A stream without a text encoding yields Buffers. Leaving the loop destroys it.
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size >= limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit);
}
