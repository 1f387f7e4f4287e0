import { giveBack, growingBuffer } from './growing-buffer.js';

const WORDS = 4;
const FIRST_SLOTS = 1024;
const LENGTH = 36;
const DASH = 0x2d;
const DASHES = [8, 13, 18, 23] as const;
/** What each character stands for; -1: no hexadecimal digit in lower case. */
const DIGITS = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code)));

/**
 * A set of uuids in lower case, in a seventh of the memory that strings in a Set take: half a million in 20 MiB. Each has a
 * place, counted from 0 in the order of adding, by which others may keep more about it. Empty after it is disposed of.
 */
export class UuidTable implements Disposable {
  #words = firstWords();
  /** Per slot the place + 1; 0: free. */
  #slots = firstSlots();
  #size = 0;
  readonly #key = new Uint32Array(WORDS);

  get size(): number {
    return this.#size;
  }

  /** The place of the uuid, -1 when it is not there. */
  find(uuid: string): number {
    return this.#read(uuid) ? (this.#slots[this.#slotOf()] ?? 0) - 1 : -1;
  }

  /** Adds it unless it is there; its place, and whether it is new. Refuses what is no uuid in lower case. */
  add(uuid: string): { place: number; isNew: boolean } {
    const added = this.addIfUuid(uuid);
    if (added === null) throw new TypeError(`${JSON.stringify(uuid)} is not a uuid in lower case.`);
    return added;
  }

  /** The same, or null for what is no uuid in lower case. */
  addIfUuid(uuid: string): { place: number; isNew: boolean } | null {
    if (!this.#read(uuid)) return null;
    const slot = this.#slotOf();
    const held = this.#slots[slot] ?? 0;
    if (held > 0) return { place: held - 1, isNew: false };
    const place = this.#size;
    if ((place + 1) * WORDS > this.#words.length) this.#grow();
    this.#words.set(this.#key, place * WORDS);
    this.#slots[this.#slotOf()] = place + 1;
    this.#size += 1;
    return { place, isNew: true };
  }

  [Symbol.dispose](): void {
    giveBack(this.#words);
    giveBack(this.#slots);
    this.#words = firstWords();
    this.#slots = firstSlots();
    this.#size = 0;
  }

  #read(uuid: string): boolean {
    if (uuid.length !== LENGTH || DASHES.some((at) => uuid.charCodeAt(at) !== DASH)) return false;
    const [a, b, c, d] = [group(uuid, 0), group(uuid, 4), group(uuid, 9), group(uuid, 14)];
    const [e, f, g, h] = [group(uuid, 19), group(uuid, 24), group(uuid, 28), group(uuid, 32)];
    if ((a | b | c | d | e | f | g | h) < 0) return false;
    this.#key[0] = (a << 16) | b;
    this.#key[1] = (c << 16) | d;
    this.#key[2] = (e << 16) | f;
    this.#key[3] = (g << 16) | h;
    return true;
  }

  /** The slot that holds the key read last, or the free one where it belongs. */
  #slotOf(): number {
    const mask = this.#slots.length - 1;
    let slot = mixed(this.#key) & mask;
    for (;;) {
      const held = this.#slots[slot] ?? 0;
      if (held === 0 || this.#isKey(held - 1)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #isKey(place: number): boolean {
    const at = place * WORDS;
    for (let word = 0; word < WORDS; word += 1) if (this.#words[at + word] !== this.#key[word]) return false;
    return true;
  }

  #grow(): void {
    const kept = this.#key.slice();
    for (const { buffer } of [this.#words, this.#slots]) buffer.resize(buffer.byteLength * 2);
    this.#slots.fill(0);
    for (let place = 0; place < this.#size; place += 1) {
      for (let word = 0; word < WORDS; word += 1) this.#key[word] = this.#words[place * WORDS + word] ?? 0;
      this.#slots[this.#slotOf()] = place + 1;
    }
    this.#key.set(kept);
  }
}

function firstWords(): Uint32Array<ArrayBuffer> {
  return new Uint32Array(growingBuffer(FIRST_SLOTS * WORDS * Uint32Array.BYTES_PER_ELEMENT));
}

function firstSlots(): Int32Array<ArrayBuffer> {
  return new Int32Array(growingBuffer(FIRST_SLOTS * 2 * Int32Array.BYTES_PER_ELEMENT));
}

/** Four digits as a number, negative when one of them is none. */
function group(text: string, from: number): number {
  let value = 0;
  for (let at = from; at < from + 4; at += 1) value = (value << 4) | (DIGITS[text.charCodeAt(at)] ?? -1);
  return value;
}

/** Uuids made by counting differ in their last digits only: every bit must count. */
function mixed(key: Uint32Array): number {
  let hash = 0;
  for (let word = 0; word < WORDS; word += 1) {
    hash = Math.imul(hash ^ (key[word] ?? 0), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
