import { getNullableType, type GraphQLInputType, isInputObjectType, isListType } from 'graphql';
import type { FieldError } from '../../../platform/errors.js';
import { quoteValue } from '../../../platform/message-text.js';
import { boundsOf, JSON_BOUNDS, inputKindOf } from '../../schema/input-bounds.js';
import { joinPath, type PathLink } from './variable-paths.js';

/** Adds a fault for each size of a coerced value that exceeds its bound, and for each URL with a password that may have none. */
export type SizeValidator = (value: unknown, at: PathLink | null, faults: FieldError[]) => void;

/** Faults after which validation stops. */
const MAX_FAULTS = 100;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
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
  const message = `${quoteValue(text)} has ${given} characters; at most ${most} are accepted.`;
  return { path: joinPath(at), code: 'TOO_LONG', message, params: { given, accepted: most } };
}

function stringValidator(most: number): SizeValidator {
  return (value, at, faults) => {
    if (typeof value === 'string' && isLongerThan(value, most)) faults.push(tooLong(value, most, at));
  };
}

/** Validates one JSON value while counting the values in it. */
class JsonSizeValidator {
  #values = 0;

  constructor(
    private readonly top: PathLink | null,
    private readonly faults: FieldError[],
  ) {}

  /** Returns false at the first fault: a value that is too large is not read to its end. */
  validate(value: unknown, at: PathLink | null, depth: number): boolean {
    this.#values += 1;
    if (this.#values > JSON_BOUNDS.values) return this.#refuse('TOO_MANY', `It has more than ${JSON_BOUNDS.values} values in it; at most that many are accepted.`, JSON_BOUNDS.values);
    if (typeof value === 'string') return this.#text(value, at);
    if (!isObject(value)) return true;
    if (depth >= JSON_BOUNDS.depth) return this.#refuse('TOO_DEEP', `It is nested deeper than ${JSON_BOUNDS.depth} levels; at most that many are accepted.`, JSON_BOUNDS.depth);
    return Array.isArray(value) ? this.#list(value, at, depth) : this.#object(value, at, depth);
  }

  #list(items: readonly unknown[], at: PathLink | null, depth: number): boolean {
    for (let index = 0; index < items.length; index += 1) {
      if (!this.validate(items[index], { before: at, key: index }, depth + 1)) return false;
    }
    return true;
  }

  #object(object: Record<string, unknown>, at: PathLink | null, depth: number): boolean {
    for (const [key, value] of Object.entries(object)) {
      if (!this.#text(key, at) || !this.validate(value, { before: at, key }, depth + 1)) return false;
    }
    return true;
  }

  #text(text: string, at: PathLink | null): boolean {
    if (!isLongerThan(text, JSON_BOUNDS.length)) return true;
    this.faults.push(tooLong(text, JSON_BOUNDS.length, at));
    return false;
  }

  #refuse(code: 'TOO_MANY' | 'TOO_DEEP', message: string, accepted: number): false {
    this.faults.push({ path: joinPath(this.top), code, message, params: { accepted } });
    return false;
  }
}

function validateJson(value: unknown, at: PathLink | null, faults: FieldError[]): void {
  new JsonSizeValidator(at, faults).validate(value, at, 0);
}

/** Refuses a user name or password in a URL, which would reach messages, tasks and logs in many ways. */
function validateUrl(value: unknown, at: PathLink | null, faults: FieldError[]): void {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (url === null || (url.username === '' && url.password === '')) return;
  faults.push({ path: joinPath(at), code: 'NOT_ACCEPTED', message: `The URL for ${quoteValue(value)} has a user name or a password in it; give it without.` });
}

function listValidator(most: number, isDistinct: boolean, item: SizeValidator | null): SizeValidator {
  return (value, at, faults) => {
    if (!Array.isArray(value)) return;
    const items: readonly unknown[] = isDistinct && value.length > most ? [...new Set(value)] : value;
    if (items.length > most) {
      const message = `${items.length} ${isDistinct ? 'different values' : 'values'} are given, the first of them ${quoteValue(items[0])}; at most ${most} are accepted.`;
      faults.push({ path: joinPath(at), code: 'TOO_MANY', message, params: { given: items.length, accepted: most } });
      return;
    }
    if (item === null) return;
    for (let index = 0; index < items.length && faults.length < MAX_FAULTS; index += 1) item(items[index], { before: at, key: index }, faults);
  };
}

/** The properties of an argument or input field that its bounds depend on. */
interface SizedElement {
  name: string;
  type: GraphQLInputType;
}

/** Creates and caches the validators of a schema, by coordinate. */
export class SizeValidators {
  readonly #validators = new Map<string, SizeValidator | null>();

  /** Returns null for a position whose type bounds its values. */
  of(coordinate: string, position: SizedElement): SizeValidator | null {
    const cached = this.#validators.get(coordinate);
    if (cached !== undefined) return cached;
    // A recursive input type looks its own validator up while it is being created.
    let created: SizeValidator | null = null;
    this.#validators.set(coordinate, (value, at, faults) => created?.(value, at, faults));
    created = this.#create(coordinate, position);
    this.#validators.set(coordinate, created);
    return created;
  }

  #create(coordinate: string, position: SizedElement): SizeValidator | null {
    const shape = getNullableType(position.type);
    const { items, duplicates, length, credentials } = boundsOf(coordinate, position);
    if (isListType(shape)) return listValidator(items, duplicates !== 'allowed', this.#create(coordinate, { ...position, type: shape.ofType }));
    switch (inputKindOf(shape)) {
      case 'string':
        return stringValidator(length);
      case 'url':
        return credentials ? null : validateUrl;
      case 'json':
        return validateJson;
      case 'object':
        return this.#objectValidator(shape);
      default:
        return null;
    }
  }

  #objectValidator(type: GraphQLInputType): SizeValidator | null {
    if (!isInputObjectType(type)) return null;
    const fields = Object.values(type.getFields()).flatMap((field) => {
      const validate = this.of(`${type.name}.${field.name}`, field);
      return validate === null ? [] : [{ name: field.name, validate }];
    });
    return (value, at, faults) => {
      if (!isObject(value)) return;
      for (const { name, validate } of fields) {
        const given = value[name];
        if (given !== undefined && given !== null) validate(given, { before: at, key: name }, faults);
      }
    };
  }
}
