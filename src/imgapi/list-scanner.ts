export interface ListLimits {
  /** Bytes of the whole list. */
  list: number;
  /** Bytes of one entry; a larger entry is skipped. */
  entry: number;
  /** Consecutive bytes of white space. */
  space: number;
  entries: number;
}

export const LIST_LIMITS: ListLimits = { list: 2 ** 30, entry: 2 ** 20, space: 2 ** 20, entries: 1_000_000 };

/** Thrown for a list that cannot be read to its end; its message is for users. */
export class ListFault extends Error {
  override readonly name = 'ListFault';

  constructor(
    message: string,
    /** How a text begins that is no list at all; null for a list that is faulty. */
    readonly opening: Buffer | null = null,
  ) {
    super(message);
  }
}

const enum Byte {
  Tab = 0x09, Newline = 0x0a, Return = 0x0d, Space = 0x20, Quote = 0x22, Comma = 0x2c,
  Open = 0x5b, Backslash = 0x5c, Close = 0x5d, OpenBrace = 0x7b, CloseBrace = 0x7d,
}
type ScanState = 'before' | 'inside' | 'after';

/** Receives the entries. The bytes are valid only during the call. */
export interface EntrySink {
  /** `from` equals `to` when there is nothing between two commas. */
  entry(bytes: Buffer, from: number, to: number, isAscii: boolean): void;
  tooLarge(): void;
}

/**
 * Splits a JSON list into the bytes of its entries by counting brackets and skipping strings, without parsing them, so that a broken
 * entry does not break the list. Holds one entry at a time, up to its limit. Throws ListFault.
 */
export class ListScanner {
  #state: ScanState = 'before';
  #read = 0;
  #entries = 0;
  #spaces = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #entryBegan = false;
  #commaSeen = false;
  /** All bytes of the entry combined with OR: below 0x80 for ASCII. */
  #bits = 0;
  #held = Buffer.alloc(0);
  #heldLength = 0;
  #tooLarge = false;
  readonly #opening: number[] = [];

  constructor(
    private readonly limits: ListLimits,
    private readonly sink: EntrySink,
  ) {}

  /** Passes the entries that end within this chunk to the sink. */
  push(chunk: Buffer): void {
    this.#read += chunk.length;
    if (this.#read > this.limits.list) throw new ListFault(`the list is larger than ${this.limits.list} bytes`);
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      if (this.#inString) {
        at = this.#skipString(chunk, at);
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (byte === Byte.Space || byte === Byte.Newline || byte === Byte.Return || byte === Byte.Tab) {
        this.#spaces += 1;
        if (this.#spaces > this.limits.space) throw new ListFault(`the list holds more than ${this.limits.space} bytes of white space in a row`);
        continue;
      }
      this.#spaces = 0;
      if (this.#state !== 'inside') {
        this.#outside(byte, chunk, at);
        start = at + 1;
        continue;
      }
      if (this.#depth === 0 && (byte === Byte.Comma || byte === Byte.Close)) {
        this.#end(chunk, start, at, byte);
        start = at + 1;
        continue;
      }
      if (!this.#entryBegan) {
        this.#entryBegan = true;
        start = at;
      }
      this.#bits |= byte;
      this.#step(byte);
    }
    if (this.#entryBegan) this.#hold(chunk.subarray(start));
  }

  /** Call after the last chunk; throws ListFault for an incomplete list. */
  finish(): void {
    if (this.#state === 'after') return;
    if (this.#state === 'inside') throw new ListFault(`the list ends in the middle, after ${this.#entries} entries`);
    throw this.#opening.length === 0 ? new ListFault('the answer is empty, not a JSON list', Buffer.alloc(0)) : this.#notAList(Buffer.alloc(0));
  }

  /** Returns the index where the string ends, or the chunk. Most bytes of a list are in strings, so the loop uses local variables only. */
  #skipString(chunk: Buffer, from: number): number {
    const { length } = chunk;
    let [at, bits, escaped] = [from, 0, this.#escaped];
    for (; at < length; at += 1) {
      const byte = chunk[at] ?? 0;
      bits |= byte;
      if (escaped) escaped = false;
      else if (byte === Byte.Backslash) escaped = true;
      else if (byte === Byte.Quote) {
        this.#inString = false;
        break;
      }
    }
    this.#escaped = escaped;
    this.#bits |= bits;
    return at;
  }

  #step(byte: number): void {
    if (byte === Byte.Quote) this.#inString = true;
    else if (byte === Byte.OpenBrace || byte === Byte.Open) this.#depth += 1;
    else if ((byte === Byte.CloseBrace || byte === Byte.Close) && this.#depth > 0) this.#depth -= 1;
  }

  #outside(byte: number, chunk: Buffer, at: number): void {
    if (this.#state === 'after') throw new ListFault('the list goes on after its closing bracket');
    const isByteOrderMark = this.#opening.length < 3 && byte === [0xef, 0xbb, 0xbf][this.#opening.length];
    if (byte !== Byte.Open && !isByteOrderMark) throw this.#notAList(chunk.subarray(at));
    if (isByteOrderMark) this.#opening.push(byte);
    else this.#state = 'inside';
  }

  #notAList(rest: Buffer): ListFault {
    const opening = Buffer.concat([Buffer.from(this.#opening), rest]);
    const text = opening.subarray(0, 60).toString('utf8').replace(/[\p{C}\p{Z}]+/gu, ' ');
    return new ListFault(`not a JSON list: it starts with "${text}"`, opening);
  }

  #end(chunk: Buffer, from: number, to: number, byte: number): void {
    const isEmpty = !this.#entryBegan;
    if (!isEmpty) this.#deliver(chunk, from, to);
    else if (byte === Byte.Comma || this.#commaSeen) this.sink.entry(chunk, to, to, true);
    this.#entries += isEmpty && byte === Byte.Close && !this.#commaSeen ? 0 : 1;
    if (this.#entries > this.limits.entries) throw new ListFault(`the list has more than ${this.limits.entries} entries`);
    if (byte === Byte.Close) this.#state = 'after';
    this.#commaSeen = byte === Byte.Comma;
    this.#entryBegan = false;
    this.#tooLarge = false;
    this.#heldLength = 0;
    this.#bits = 0;
  }

  #deliver(chunk: Buffer, from: number, to: number): void {
    const isAscii = this.#bits < 0x80;
    const isWithinChunk = this.#heldLength === 0 && !this.#tooLarge && to - from <= this.limits.entry;
    if (isWithinChunk) return this.sink.entry(chunk, from, to, isAscii);
    this.#hold(chunk.subarray(from, to));
    if (this.#tooLarge) this.sink.tooLarge();
    else this.sink.entry(this.#held, 0, this.#heldLength, isAscii);
  }

  // Copies into one growing buffer: a list of chunks would multiply the memory when a server sends single bytes.
  #hold(piece: Buffer): void {
    const length = this.#heldLength + piece.length;
    if (length > this.limits.entry) this.#tooLarge = true;
    if (this.#tooLarge) return;
    if (length > this.#held.length) {
      const larger = Buffer.alloc(Math.min(this.limits.entry, Math.max(4096, length * 2)));
      this.#held.copy(larger, 0, 0, this.#heldLength);
      this.#held = larger;
    }
    piece.copy(this.#held, this.#heldLength);
    this.#heldLength = length;
  }
}
