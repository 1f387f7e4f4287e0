import { defaultFieldResolver, getNamedType, getNullableType, type GraphQLArgument, type GraphQLField, type GraphQLInputField, type GraphQLInputType, type GraphQLSchema, isInputObjectType, isListType, isObjectType } from 'graphql';
import { boundsOf } from './input-bounds.js';

type Values = Record<string, unknown>;

/** Returns the value without repeated items in its lists: the same object if there are none, else a copy. */
type Dedupe = (value: unknown) => unknown;

function dedupeList(value: unknown): unknown {
  if (!Array.isArray(value) || value.length < 2) return value;
  const items = new Set<unknown>(value);
  return items.size === value.length ? value : [...items];
}

function dedupeFields(fields: readonly [name: string, dedupe: Dedupe][]): (value: Values) => Values {
  return (value) => {
    let copy: Values | null = null;
    for (const [name, dedupe] of fields) {
      const given = value[name];
      const deduped = given === undefined ? given : dedupe(given);
      // Copied, because requests may share a coerced value.
      if (deduped !== given) (copy ??= { ...value })[name] = deduped;
    }
    return copy ?? value;
  };
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null;
}

/** Applies to input objects only, and returns null and undefined as they are. */
function dedupeObject(dedupe: (value: Values) => Values): Dedupe {
  return (value) => (isObject(value) ? dedupe(value) : value);
}

/** Creates and caches the functions that dedupe the values of a position. */
class Dedupers {
  readonly #byType = new Map<string, Dedupe | null>();

  /** Returns null for a position whose values have no list to dedupe. */
  of(coordinate: string, element: GraphQLArgument | GraphQLInputField): Dedupe | null {
    const item = this.#object(getNamedType(element.type));
    if (!isListType(getNullableType(element.type))) return item;
    if (item !== null) return (value) => (Array.isArray(value) ? value.map(item) : value);
    return boundsOf(coordinate, element).duplicates === 'removed' ? dedupeList : null;
  }

  #object(type: GraphQLInputType): Dedupe | null {
    if (!isInputObjectType(type)) return null;
    const cached = this.#byType.get(type.name);
    if (cached !== undefined) return cached;
    // A recursive input type looks itself up while its function is being created.
    let created: Dedupe | null = null;
    this.#byType.set(type.name, (value) => created?.(value) ?? value);
    const fields = Object.values(type.getFields()).flatMap((field): [string, Dedupe][] => {
      const dedupe = this.of(`${type.name}.${field.name}`, field);
      return dedupe === null ? [] : [[field.name, dedupe]];
    });
    created = fields.length === 0 ? null : dedupeObject(dedupeFields(fields));
    this.#byType.set(type.name, created);
    return created;
  }
}

function dedupeArguments(field: GraphQLField<unknown, unknown>, dedupe: (args: Values) => Values): void {
  const { resolve = defaultFieldResolver, subscribe } = field;
  field.resolve = (source, args, context, info) => resolve(source, dedupe(args), context, info);
  if (subscribe !== undefined) field.subscribe = (source, args, context, info) => subscribe(source, dedupe(args), context, info);
}

/**
 * Makes every resolver get lists of scalars and enums without repeated items, so that nine hundred times the same tag cost no more
 * than one. `input-bounds.ts` lists the exceptions. Changes the schema, and returns it.
 */
export function dedupeInputLists(schema: GraphQLSchema): GraphQLSchema {
  const dedupers = new Dedupers();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const args = field.args.flatMap((argument): [string, Dedupe][] => {
        const dedupe = dedupers.of(`${type.name}.${field.name}(${argument.name}:)`, argument);
        return dedupe === null ? [] : [[argument.name, dedupe]];
      });
      if (args.length > 0) dedupeArguments(field, dedupeFields(args));
    }
  }
  return schema;
}
