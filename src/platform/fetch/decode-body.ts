import { Duplex, pipeline, Readable, Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib';
import { quoteValue } from '../message-text.js';
import { FetchFailure } from './fetch-failure.js';
import { ZstdFrameSplitter } from './zstd-frames.js';

/** Encodings that may lie over one another; each costs memory and time. */
const MAX_ENCODINGS = 3;
/** RFC 9659: 8 MiB is the largest window of zstd in a Content-Encoding. A larger one would cost as much memory as the server likes. */
const ZSTD_WINDOW_LOG = 23;

/** The streams that decode each encoding, one after the other. */
const DECODERS: Readonly<Record<string, () => Duplex[]>> = {
  gzip: () => [createGunzip()],
  'x-gzip': () => [createGunzip()],
  deflate: () => [inflateEither()],
  br: () => [createBrotliDecompress()],
  zstd: () => [new ZstdFrameSplitter(), createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } })],
};
const ACCEPTED = 'gzip, deflate, br and zstd';

/** The encodings that a Content-Encoding header names, in the order in which they were applied; `identity` is none. */
export function encodingsOf(header: string | undefined): string[] {
  return (header ?? '').split(',').map((name) => name.trim().toLowerCase()).filter((name) => name !== '' && name !== 'identity');
}

/**
 * Decodes a body as its Content-Encoding says. Memory does not grow with the body; each stage fails beyond `limitBytes`, so a bomb ends
 * there. Throws FetchFailure for an encoding that it does not know, and the stream fails with one that says why it cannot be decoded.
 */
export function decodeBody(body: Readable, header: string | undefined, { url, limitBytes }: { url: string; limitBytes: number }): Readable {
  const encodings = encodingsOf(header);
  if (encodings.length === 0) return body;
  const decoders = encodings.map((name) => (Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined));
  const unknown = encodings[decoders.indexOf(undefined)];
  if (encodings.length > MAX_ENCODINGS || unknown !== undefined) {
    body.destroy();
    const fault = unknown === undefined || encodings.length > MAX_ENCODINGS ? `${encodings.length} encodings, one over the other; at most ${MAX_ENCODINGS} are accepted` : `${quoteValue(unknown)}; accepted are ${ACCEPTED}`;
    throw new FetchFailure(url, `the Content-Encoding of the answer is ${fault}`);
  }
  // The last encoding was applied last, so it is removed first.
  const stages = decoders.toReversed().flatMap((create) => (create === undefined ? [] : [...create(), new ByteLimit(limitBytes)]));
  const last = pipeline([body, ...stages], () => undefined);
  return wordedFaults(body, last as Readable & NodeJS.WritableStream, { url, encodings });
}

/** Wraps the decoded stream, so that an error of a decoder names the encoding. */
function wordedFaults(body: Readable, decoded: Readable, { url, encodings }: { url: string; encodings: readonly string[] }): Readable {
  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      // Without a text encoding it yields Buffers.
      for await (const chunk of decoded) yield chunk as Buffer;
    } catch (error) {
      const isOfDecoder = error instanceof Error && 'code' in error && /^(Z_|ERR__?(ERROR|BROTLI)|ERR_BROTLI|ERR_ZSTD|ZSTD_)/.test(String(error.code));
      if (!isOfDecoder) throw error;
      throw new FetchFailure(url, `the answer cannot be decoded as its Content-Encoding says (${encodings.join(', ')}): ${error.message.replace(/\.$/, '')}`, { cause: error });
    }
  }
  const worded = Readable.from(chunks(), { objectMode: false });
  // A generator that was never started does not close what it reads from.
  return worded.once('close', () => body.destroy());
}

class ByteLimit extends Transform {
  #size = 0;

  constructor(private readonly limitBytes: number) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: Error | null, chunk?: Buffer) => void): void {
    this.#size += chunk.length;
    if (this.#size > this.limitBytes) done(new Error(`the answer is larger than ${this.limitBytes} bytes once it is decoded`));
    else done(null, chunk);
  }
}

/** Servers send deflate with the header of zlib, as the standard says, or without. */
function inflateEither(): Duplex {
  return Duplex.from(async function* inflate(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const chunks = source[Symbol.asyncIterator]();
    const first = await chunks.next();
    if (first.done === true) return;
    async function* whole(): AsyncGenerator<Buffer> {
      yield first.value as Buffer;
      yield* { [Symbol.asyncIterator]: () => chunks };
    }
    const hasHeader = ((first.value[0] ?? 0) & 0x0f) === 8;
    yield* pipeline(whole(), hasHeader ? createInflate() : createInflateRaw(), () => undefined) as AsyncIterable<Buffer>;
  });
}
