import { LARGEST_ID } from '../database/tables.js';
import { isUuid } from './scalars.js';

/** The global ids of one type: what `encode` makes of a key, and only that, `decode` takes back; null for every other text. */
export interface GlobalIds<K> {
  encode: (key: K) => string;
  decode: (id: string) => K | null;
}

/** Base64 takes three characters at a time, so texts of such a length can be joined after their encoding. */
const GROUP = 3;
const ENCODED_GROUP = 4;
const GROUP_BASE = 1000;
/** The groups of digits of `LARGEST_ID`. */
const MOST_GROUPS = 4;
const ENCODED_UUID = 48;
/** Before the number of a row that was rolled back; `decodeNumber` refuses leading zeros. */
const ROLLED_BACK = btoa('000');

/** `000` to `999` in base64, and back: faster than encoding each id of a page. */
const ENCODED_DIGITS = Array.from({ length: GROUP_BASE }, (_, number) => btoa(String(number).padStart(GROUP, '0')));
const DECODED_DIGITS: ReadonlyMap<string, number> = new Map(ENCODED_DIGITS.map((digits, number) => [digits, number]));

function encodeNumber(number: number): string {
  const low = ENCODED_DIGITS[number % GROUP_BASE] ?? '';
  return number < GROUP_BASE ? low : encodeNumber(Math.floor(number / GROUP_BASE)) + low;
}

/** Null for what is no id of a row: a sign, a leading group of zeros, more than the largest id. */
function decodeNumber(text: string): number | null {
  if (text.length === 0 || text.length > MOST_GROUPS * ENCODED_GROUP) return null;
  let number = 0;
  for (let at = 0; at < text.length; at += ENCODED_GROUP) {
    const digits = DECODED_DIGITS.get(text.slice(at, at + ENCODED_GROUP));
    if (digits === undefined) return null;
    number = number * GROUP_BASE + digits;
  }
  return number >= 1 && number <= LARGEST_ID && encodeNumber(number) === text ? number : null;
}

function decodeUuid(text: string): string | null {
  if (text.length !== ENCODED_UUID) return null;
  const uuid = Buffer.from(text, 'base64').toString('latin1');
  return isUuid(uuid) && btoa(uuid) === text ? uuid : null;
}

/** Colons after the name of the type, so that its length suits base64. */
function prefixOf(type: string): string {
  return btoa(`${type}:`.padEnd(Math.ceil((type.length + 1) / GROUP) * GROUP, ':'));
}

function globalIds<K>(type: string, encodeKey: (key: K) => string, decodeKey: (text: string) => K | null): GlobalIds<K> {
  const prefix = prefixOf(type);
  return {
    encode: (key) => prefix + encodeKey(key),
    decode: (id) => (id.startsWith(prefix) ? decodeKey(id.slice(prefix.length)) : null),
  };
}

/**
 * Global ids of a type whose rows have a number. The negative number of a row that was rolled back gets an id of its own, which
 * decodes to null: no object has it, not even the next row with that number.
 */
export function rowIds(type: string): GlobalIds<number> {
  return globalIds(type, (number) => (number < 0 ? ROLLED_BACK + encodeNumber(-number) : encodeNumber(number)), decodeNumber);
}

/** Global ids of a type whose rows have a UUID in lower case. */
export function uuidIds(type: string): GlobalIds<string> {
  return globalIds(type, btoa, decodeUuid);
}

/** A UUID that is unique within the row of that number. */
export interface PartKey {
  rowId: number;
  uuid: string;
}

/** Global ids of a type whose UUIDs are unique only within the object that they belong to. */
export function partIds(type: string): GlobalIds<PartKey> {
  return globalIds<PartKey>(
    type,
    ({ rowId, uuid }) => encodeNumber(rowId) + btoa(uuid),
    (text) => {
      const rowId = decodeNumber(text.slice(0, -ENCODED_UUID));
      const uuid = decodeUuid(text.slice(-ENCODED_UUID));
      return rowId === null || uuid === null ? null : { rowId, uuid };
    },
  );
}
