import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { NoAnswer } from '../../scheduling/within-time.js';
import type { ByteRange } from '../file-store.js';
import { Receiver } from '../send-file.js';
import { S3Failure } from './s3-failure.js';
import type { S3Body, S3Objects } from './s3-objects.js';

/** The object to read, and where to stop reading. */
export interface ReadOrder {
  name: string;
  /** Of the object that is meant: one that replaces it is not read. */
  etag: string;
  range: ByteRange;
  signal?: AbortSignal;
}

const IDLE_MS = 60_000;
const SMALL_IDLE_MS = 15_000;
const MOST_BREAKS = 5;
/** After so many bytes, a connection that breaks is the first again: a slow reader of a large file meets many. */
const NOTABLE_BYTES = 256 * 1024;
const MOST_READS = 3;
const FIRST_PAUSE_MS = 200;

/**
 * The bytes of a range of an object, as they come. Goes on where a connection broke or brought nothing for a minute, at most five times in a row.
 * `first` is an answer to a request for that range, if there is one already. Throws S3Failure.
 */
export async function* readObject(objects: S3Objects, { name, etag, range, signal }: ReadOrder, first: S3Body | null = null): AsyncGenerator<Buffer> {
  let [at, brokeAt, answer] = [range.start, range.start, first];
  for (let breaks = 0; at <= range.end; ) {
    try {
      answer ??= await objects.get(name, { range: { start: at, end: range.end }, etag });
      if (answer === null) {
        breaks = MOST_BREAKS;
        throw new Error('the object was removed while it was read');
      }
      for await (const chunk of chunksOf(answer.body, signal)) {
        at += chunk.length;
        if (at > range.end + 1) throw new S3Failure(objects.bucket.location, new Error(`it answered with more bytes than the range ${range.start}-${range.end} has`));
        yield chunk;
      }
      if (at <= range.end) throw new Error('the answer ended early');
    } catch (error) {
      breaks = at - brokeAt >= NOTABLE_BYTES ? 1 : breaks + 1;
      brokeAt = at;
      const isFinal = error instanceof S3Failure && error.status !== 0 && error.status < 500;
      signal?.throwIfAborted();
      if (isFinal || breaks > MOST_BREAKS) throw error instanceof S3Failure ? error : new S3Failure(objects.bucket.location, error);
      await delay(FIRST_PAUSE_MS * 2 ** breaks, undefined, signal && { signal });
    } finally {
      answer?.body.destroy();
      answer = null;
    }
  }
}

/**
 * The bytes of a small object; of a larger one those up to `most` and some more. Null when it is not there. Asks again where the answer breaks
 * off or stalls. Throws S3Failure.
 */
export async function readSmallObject(objects: S3Objects, name: string, most: number): Promise<Buffer | null> {
  for (let reads = 1; ; reads += 1) {
    const answer = await objects.get(name);
    if (answer === null) return null;
    try {
      const [chunks, read] = [[] as Buffer[], { bytes: 0 }];
      for await (const chunk of chunksOf(answer.body, undefined, SMALL_IDLE_MS)) {
        chunks.push(chunk);
        read.bytes += chunk.length;
        if (read.bytes > most) break;
      }
      return Buffer.concat(chunks);
    } catch (error) {
      if (reads === MOST_READS) throw new S3Failure(objects.bucket.location, error);
    }
  }
}

/** Sends what a generator yields, and waits while the receiver is slow. Throws SinkClosed when it disconnects. */
export async function sendChunks(chunks: (signal: AbortSignal) => AsyncGenerator<Buffer>, sink: Writable): Promise<void> {
  const receiver = new Receiver(sink);
  try {
    const reading = chunks(receiver.signal);
    for (let next = await receiver.wait(reading.next()); next.done !== true; next = await receiver.wait(reading.next())) {
      if (!sink.write(next.value)) await receiver.wait(drained(sink));
    }
  } finally {
    receiver.end();
  }
}

async function drained(sink: Writable): Promise<void> {
  await new Promise<void>((resolve) => sink.once('drain', resolve));
}

/** The chunks of a body. Throws when none comes for so long; time that the reader takes does not count. */
async function* chunksOf(body: Readable, signal: AbortSignal | undefined, idleMs = IDLE_MS): AsyncGenerator<Buffer> {
  const cancel = (): void => void body.destroy(new Error('cancelled'));
  signal?.addEventListener('abort', cancel);
  const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const next = await within(iterator.next(), body, idleMs);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal?.removeEventListener('abort', cancel);
    body.destroy();
  }
}

async function within<T>(read: Promise<T>, body: Readable, idleMs: number): Promise<T> {
  const timer = setTimeout(() => body.destroy(new NoAnswer(idleMs)), idleMs);
  try {
    return await read;
  } finally {
    clearTimeout(timer);
  }
}
