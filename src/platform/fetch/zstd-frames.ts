import { Transform, type TransformCallback } from 'node:stream';

const MAGIC = 0xfd2fb528;
/** Frames without data have one of sixteen magic numbers, 0x184d2a50 to 0x184d2a5f. */
const SKIPPABLE = 0x184d2a5;
const CHECKSUM_BYTES = 4;
const RLE_BLOCK = 1;
/** The bytes of the dictionary id and of the content size, by the flags in the frame header descriptor (RFC 8878, section 3.1.1.1.1). */
const DICTIONARY_BYTES = [0, 1, 2, 4];
const SIZE_BYTES = [0, 2, 4, 8];

type Part = 'magic' | 'skippableSize' | 'descriptor' | 'fields' | 'blockHeader' | 'block' | 'checksum';
/** The parts whose bytes say what follows; at most four bytes each. */
const READ = new Set<Part>(['magic', 'skippableSize', 'descriptor', 'blockHeader']);

/**
 * Passes zstd data on unchanged, in chunks of which none goes beyond the end of a frame. The decoder of Node ends at the end of a frame
 * and drops what is left of that chunk, so that data of several frames would lose all after the first. Data that are no zstd pass as they
 * come, for the decoder to refuse.
 */
export class ZstdFrameSplitter extends Transform {
  #part: Part | null = 'magic';
  /** Bytes of the part that are still to come. */
  #left = 4;
  /** The bytes of the part so far as a little-endian number, and how many they are. */
  #value = 0;
  #read = 0;
  #hasChecksum = false;
  #isLastBlock = false;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let start = 0;
    for (let at = 0; at < chunk.length && this.#part !== null; ) {
      const taken = Math.min(this.#left, chunk.length - at);
      if (READ.has(this.#part)) for (let n = 0; n < taken; n += 1) this.#value += (chunk[at + n] ?? 0) * 256 ** this.#read++;
      at += taken;
      this.#left -= taken;
      while (this.#left === 0 && this.#part !== null) {
        this.#next(this.#part, this.#value);
        if (this.#part !== 'magic') continue;
        this.push(chunk.subarray(start, at));
        start = at;
      }
    }
    done(null, chunk.subarray(start));
  }

  #begin(part: Part | null, bytes: number): void {
    this.#part = part;
    this.#left = bytes;
    this.#value = 0;
    this.#read = 0;
  }

  /** Begins the part that follows one which is complete; `magic` begins the next frame. */
  #next(part: Part, value: number): void {
    if (part === 'magic') return this.#beginFrame(value);
    if (part === 'skippableSize') return this.#begin('block', value);
    if (part === 'descriptor') return this.#begin('fields', this.#fieldBytes(value));
    if (part === 'blockHeader') {
      this.#isLastBlock = (value & 1) === 1;
      return this.#begin('block', ((value >> 1) & 3) === RLE_BLOCK ? 1 : value >> 3);
    }
    if (part === 'checksum' || (this.#isLastBlock && part === 'block' && !this.#hasChecksum)) return this.#begin('magic', 4);
    if (this.#isLastBlock && part === 'block') return this.#begin('checksum', CHECKSUM_BYTES);
    this.#begin('blockHeader', 3);
  }

  #beginFrame(magic: number): void {
    this.#hasChecksum = false;
    this.#isLastBlock = false;
    if (magic === MAGIC) return this.#begin('descriptor', 1);
    const isSkippable = Math.floor(magic / 16) === SKIPPABLE;
    this.#isLastBlock = isSkippable;
    this.#begin(isSkippable ? 'skippableSize' : null, isSkippable ? 4 : 0);
  }

  /** The bytes between the descriptor and the first block. */
  #fieldBytes(descriptor: number): number {
    const isSingleSegment = (descriptor & 0x20) !== 0;
    this.#hasChecksum = (descriptor & 4) !== 0;
    const size = descriptor >> 6;
    const sizeBytes = size === 0 && isSingleSegment ? 1 : (SIZE_BYTES[size] ?? 0);
    return (isSingleSegment ? 0 : 1) + (DICTIONARY_BYTES[descriptor & 3] ?? 0) + sizeBytes;
  }
}
