import { defaultFieldResolver, getNamedType, getNullableType, type GraphQLArgument, type GraphQLField, type GraphQLInputField, type GraphQLInputType, type GraphQLSchema, isInputObjectType, isListType, isObjectType } from 'graphql';
import { boundsOf } from './input-bounds.js';

type Values = Record<string, unknown>;

/** The same value, or a copy in which equal items of lists stand once, where the first of them stood. */
type Dedupe = (value: unknown) => unknown;

function dedupeList(value: unknown): unknown {
  if (!Array.isArray(value) || value.length < 2) return value;
  const items = new Set<unknown>(value);
  return items.size === value.length ? value : [...items];
}

function dedupeFields(fields: readonly [name: string, tidy: Dedupe][]): Dedupe {
  return (value) => {
    if (typeof value !== 'object' || value === null) return value;
    let copy: Values | null = null;
    for (const [name, tidy] of fields) {
      const given = (value as Values)[name];
      const tidied = given === undefined ? given : tidy(given);
      // Coerced values may be shared by many requests, so they stay as they are.
      if (tidied !== given) (copy ??= { ...value })[name] = tidied;
    }
    return copy ?? value;
  };
}

class Dedupers {
  readonly #known = new Map<string, Dedupe | null>();

  /** Null for values that have no such list in them. */
  of(coordinate: string, element: GraphQLArgument | GraphQLInputField): Dedupe | null {
    const item = this.#object(getNamedType(element.type));
    if (!isListType(getNullableType(element.type))) return item;
    if (item !== null) return (value) => (Array.isArray(value) ? value.map(item) : value);
    return boundsOf(coordinate, element).duplicates === 'removed' ? dedupeList : null;
  }

  #object(type: GraphQLInputType): Dedupe | null {
    if (!isInputObjectType(type)) return null;
    const known = this.#known.get(type.name);
    if (known !== undefined) return known;
    // An input type that names itself is met here while it is being read.
    let made: Dedupe | null = null;
    this.#known.set(type.name, (value) => made?.(value) ?? value);
    const fields = Object.values(type.getFields()).flatMap((field): [string, Dedupe][] => {
      const tidy = this.of(`${type.name}.${field.name}`, field);
      return tidy === null ? [] : [[field.name, tidy]];
    });
    made = fields.length === 0 ? null : dedupeFields(fields);
    this.#known.set(type.name, made);
    return made;
  }
}

function dedupeArguments(field: GraphQLField<unknown, unknown>, tidy: Dedupe): void {
  const { resolve = defaultFieldResolver, subscribe } = field;
  field.resolve = (source, args, context, info) => resolve(source, tidy(args) as Values, context, info);
  if (subscribe !== undefined) field.subscribe = (source, args, context, info) => subscribe(source, tidy(args) as Values, context, info);
}

/**
 * Makes every resolver get lists of scalars and enums without repetitions, so that none has to think of nine hundred times the
 * same tag. Lists that are to come as they were given say so in `input-bounds.ts`.
 */
export function dedupeInputLists(schema: GraphQLSchema): GraphQLSchema {
  const tidies = new Dedupers();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const args = field.args.flatMap((argument): [string, Dedupe][] => {
        const tidy = tidies.of(`${type.name}.${field.name}(${argument.name}:)`, argument);
        return tidy === null ? [] : [[argument.name, tidy]];
      });
      if (args.length > 0) dedupeArguments(field, dedupeFields(args));
    }
  }
  return schema;
}
