import { getNullableType, type GraphQLInputType, isInputObjectType, isListType } from 'graphql';
import type { FieldError } from '../../../platform/errors.js';
import { shownValue } from '../../../platform/shown.js';
import { boundsOf, JSON_BOUNDS, inputKindOf } from '../../schema/input-bounds.js';

/** Where a value stands, as a list that is read from its end: the path is put together only for a fault. */
export interface PathLink {
  before: PathLink | null;
  key: string | number;
}

/** Adds what is wrong with the size of a coerced value. */
export type SizeValidator = (value: unknown, at: PathLink | null, faults: FieldError[]) => void;

/** More are not looked for: nobody mends a hundred at a time. */
const MAX_FAULTS = 100;

function pathOf(at: PathLink | null): string {
  const keys: (string | number)[] = [];
  for (let link = at; link !== null; link = link.before) keys.unshift(link.key);
  return keys.join('.');
}

function charactersIn(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function isLongerThan(text: string, most: number): boolean {
  return text.length > most && (text.length > 2 * most || charactersIn(text) > most);
}

function tooLong(text: string, most: number, at: PathLink | null): FieldError {
  const given = charactersIn(text);
  const message = `${shownValue(text)} has ${given} characters; at most ${most} are accepted.`;
  return { path: pathOf(at), code: 'TOO_LONG', message, params: { given, accepted: most } };
}

function textValidator(most: number): SizeValidator {
  return (value, at, faults) => {
    if (typeof value === 'string' && isLongerThan(value, most)) faults.push(tooLong(value, most, at));
  };
}

/** Counts the values of one piece of JSON on the way. */
class JsonSizeValidator {
  #values = 0;

  constructor(
    private readonly top: PathLink | null,
    private readonly faults: FieldError[],
  ) {}

  /** False once there is a fault: what is too large is not read to its end. */
  walk(value: unknown, at: PathLink | null, depth: number): boolean {
    this.#values += 1;
    if (this.#values > JSON_BOUNDS.values) return this.#refuse('TOO_MANY', `It has more than ${JSON_BOUNDS.values} values in it; at most that many are accepted.`, JSON_BOUNDS.values);
    if (typeof value === 'string') return this.#text(value, at);
    if (typeof value !== 'object' || value === null) return true;
    if (depth >= JSON_BOUNDS.depth) return this.#refuse('TOO_DEEP', `It is nested deeper than ${JSON_BOUNDS.depth} levels; at most that many are accepted.`, JSON_BOUNDS.depth);
    return Array.isArray(value) ? this.#list(value, at, depth) : this.#object(value as Record<string, unknown>, at, depth);
  }

  #list(items: readonly unknown[], at: PathLink | null, depth: number): boolean {
    for (let index = 0; index < items.length; index += 1) {
      if (!this.walk(items[index], { before: at, key: index }, depth + 1)) return false;
    }
    return true;
  }

  #object(object: Record<string, unknown>, at: PathLink | null, depth: number): boolean {
    for (const [key, value] of Object.entries(object)) {
      if (!this.#text(key, at) || !this.walk(value, { before: at, key }, depth + 1)) return false;
    }
    return true;
  }

  #text(text: string, at: PathLink | null): boolean {
    if (!isLongerThan(text, JSON_BOUNDS.length)) return true;
    this.faults.push(tooLong(text, JSON_BOUNDS.length, at));
    return false;
  }

  #refuse(code: 'TOO_MANY' | 'TOO_DEEP', message: string, accepted: number): false {
    this.faults.push({ path: pathOf(this.top), code, message, params: { accepted } });
    return false;
  }
}

function validateJson(value: unknown, at: PathLink | null, faults: FieldError[]): void {
  new JsonSizeValidator(at, faults).walk(value, at, 0);
}

function listValidator(most: number, isDistinct: boolean, item: SizeValidator | null): SizeValidator {
  return (value, at, faults) => {
    if (!Array.isArray(value)) return;
    const items: readonly unknown[] = isDistinct && value.length > most ? [...new Set(value)] : value;
    if (items.length > most) {
      const message = `${items.length} ${isDistinct ? 'different values' : 'values'} are given, the first of them ${shownValue(items[0])}; at most ${most} are accepted.`;
      faults.push({ path: pathOf(at), code: 'TOO_MANY', message, params: { given: items.length, accepted: most } });
      return;
    }
    if (item === null) return;
    for (let index = 0; index < items.length && faults.length < MAX_FAULTS; index += 1) item(items[index], { before: at, key: index }, faults);
  };
}

/** What of an argument or a field of an input its bounds depend on. */
interface Typed {
  name: string;
  type: GraphQLInputType;
}

/** Walkers by coordinate, made once: input types may name themselves. */
export class SizeValidators {
  readonly #known = new Map<string, SizeValidator | null>();

  /** Null for a position whose values are short by their type. */
  of(coordinate: string, position: Typed): SizeValidator | null {
    const known = this.#known.get(coordinate);
    if (known !== undefined) return known;
    // While it is made it may be met again below itself.
    let made: SizeValidator | null = null;
    this.#known.set(coordinate, (value, at, faults) => made?.(value, at, faults));
    made = this.#make(coordinate, position);
    this.#known.set(coordinate, made);
    return made;
  }

  #make(coordinate: string, position: Typed): SizeValidator | null {
    const shape = getNullableType(position.type);
    const { items, duplicates: repeats, length } = boundsOf(coordinate, position);
    if (isListType(shape)) return listValidator(items, repeats !== 'meant', this.#make(coordinate, { ...position, type: shape.ofType as GraphQLInputType }));
    switch (inputKindOf(shape)) {
      case 'text':
        return textValidator(length);
      case 'anything':
        return validateJson;
      case 'object':
        return this.#objectWalker(shape);
      default:
        return null;
    }
  }

  #objectWalker(type: GraphQLInputType): SizeValidator | null {
    if (!isInputObjectType(type)) return null;
    const fields = Object.values(type.getFields()).flatMap((field) => {
      const walk = this.of(`${type.name}.${field.name}`, field);
      return walk === null ? [] : [{ name: field.name, walk }];
    });
    return (value, at, faults) => {
      if (typeof value !== 'object' || value === null) return;
      for (const { name, walk } of fields) {
        const given = (value as Record<string, unknown>)[name];
        if (given !== undefined && given !== null) walk(given, { before: at, key: name }, faults);
      }
    };
  }
}
