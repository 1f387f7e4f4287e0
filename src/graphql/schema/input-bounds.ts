import { getNamedType, getNullableType, type GraphQLArgument, type GraphQLInputField, type GraphQLNamedInputType, type GraphQLSchema, isEnumType, isInputObjectType, isListType, isObjectType } from 'graphql';

/** How much one position of the graph, an argument or a field of an input, takes. */
export interface Bounds {
  /** Items of a list. */
  items: number;
  /**
   * What becomes of equal items of a list. `removed`: they count once, and resolvers get them once. `refused`: they count once, and the
   * service names each. `meant`: they are items like others.
   */
  duplicates: 'removed' | 'refused' | 'meant';
  /** Characters (code points) of a text. */
  length: number;
}

/** What holds wherever nothing else is said. Rules of the domain, such as the 32 characters of a name, are stricter and come later. */
const DEFAULTS: Bounds = { items: 250, duplicates: 'removed', length: 200 };

/** By the name that a position has wherever it occurs, or by its coordinate where only that one is meant. */
const EXCEPTIONS: Readonly<Record<string, Partial<Bounds>>> = {
  tags: { items: 32, duplicates: 'refused' },
  'ImageFilter.tags': { duplicates: 'removed' },
  email: { length: 254 },
  search: { length: 200 },
  // A cursor holds the name of a row; those of remote images may have 1,024 characters, each of up to six bytes.
  after: { length: 8192 },
  before: { length: 8192 },
  // What stands where is told by its number.
  addresses: { duplicates: 'meant' },
  // Several of the largest pages, as routers send them together; the answers are in the order of the references.
  'Query._entities(representations:)': { items: 1000, duplicates: 'meant' },
};

/** Of values without a shape of their own, such as the references of a router. */
export const JSON_BOUNDS = { depth: 5, values: 100, length: 1000 } as const;

/** Scalars whose values are texts of any length, and those that hold anything. */
const TEXTS: ReadonlySet<string> = new Set(['String', 'ID']);
const ANYTHING: ReadonlySet<string> = new Set(['JSON', '_Any']);
/** Scalars whose parsers refuse long values. */
const SHORT: ReadonlySet<string> = new Set(['Boolean', 'Int', 'Float', 'UUID', 'DateTime', 'HttpUrl', 'ByteSize']);

/** A place where a caller gives a value. */
export interface InputPosition {
  /** `Type.field(argument:)` or `Input.field`. */
  coordinate: string;
  element: GraphQLArgument | GraphQLInputField;
}

/** Throws for a scalar without an entry above, so that none comes into the graph without a thought about its size. */
export function inputKindOf(type: GraphQLNamedInputType): 'text' | 'anything' | 'short' | 'object' {
  if (isInputObjectType(type)) return 'object';
  if (isEnumType(type) || SHORT.has(type.name)) return 'short';
  if (TEXTS.has(type.name)) return 'text';
  if (ANYTHING.has(type.name)) return 'anything';
  throw new Error(`Callers give values of the scalar ${type.name}, which has no bound; add it to the lists of input-bounds.ts.`);
}

/** The bounds of a position: its own, those of its name, or the general ones. Input objects are never equal. */
export function boundsOf(coordinate: string, { name, type }: Pick<GraphQLInputField, 'name' | 'type'>): Bounds {
  const named = Object.hasOwn(EXCEPTIONS, name) ? EXCEPTIONS[name] : undefined;
  const own = Object.hasOwn(EXCEPTIONS, coordinate) ? EXCEPTIONS[coordinate] : undefined;
  const bounds = { ...DEFAULTS, ...named, ...own };
  return isInputObjectType(getNamedType(type)) ? { ...bounds, duplicates: 'meant' } : bounds;
}

/** Every place where a caller gives a value: arguments of fields, and fields of inputs. */
export function* inputPositions(schema: GraphQLSchema): Generator<InputPosition> {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isInputObjectType(type)) {
      for (const element of Object.values(type.getFields())) yield { element, coordinate: `${type.name}.${element.name}` };
    } else if (isObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        for (const element of field.args) yield { element, coordinate: `${type.name}.${field.name}(${element.name}:)` };
      }
    }
  }
}

/** Names and coordinates that have bounds of their own. */
export const EXCEPTION_NAMES: readonly string[] = Object.keys(EXCEPTIONS);

function withBound({ coordinate, element }: InputPosition): string {
  const { name, type, description } = element;
  const text = description ?? '';
  if (/\bat most \d/i.test(text) || isEnumType(getNamedType(type))) return text;
  const { items, duplicates: repeats, length } = boundsOf(coordinate, element);
  if (isListType(getNullableType(type))) return `${text} At most ${items}${repeats === 'meant' ? '' : ' different ones'}.`;
  return name === 'search' ? `${text} At most ${length} characters.` : text;
}

/** Says in the description of each list how long it may be, and of each search; what says so itself, and lists of enums, stay as they are. */
export function describeBounds(schema: GraphQLSchema): void {
  for (const position of inputPositions(schema)) position.element.description = withBound(position);
}
