import { getNamedType, getNullableType, type GraphQLArgument, type GraphQLInputField, type GraphQLNamedInputType, type GraphQLSchema, isEnumType, isInputObjectType, isListType, isObjectType } from 'graphql';

/** The bounds of one position of the schema: an argument, or a field of an input. */
export interface Bounds {
  /** Items of a list. */
  items: number;
  /**
   * What happens to equal items of a list. `removed`: they count once, and resolvers get them once. `refused`: they count once, and the
   * service refuses each by name. `allowed`: they count and stay like other items.
   */
  duplicates: 'removed' | 'refused' | 'allowed';
  /** Characters (code points) of a string. */
  length: number;
  /** Whether a URL may have a user name and a password in it. */
  credentials: boolean;
}

/** The bounds of a position without an exception. Rules of the domain, such as 32 characters for a name, are stricter and apply later. */
const DEFAULTS: Bounds = { items: 250, duplicates: 'removed', length: 200, credentials: false };

/** Exceptions, by the name of an argument or field wherever it occurs, or by one coordinate. */
const EXCEPTIONS: Readonly<Record<string, Partial<Bounds>>> = {
  tags: { items: 32, duplicates: 'refused' },
  'ImageFilter.tags': { duplicates: 'removed' },
  email: { length: 254 },
  search: { length: 200 },
  // A cursor contains a name; that of a remote image may have 1,024 characters of up to six bytes each.
  after: { length: 8192 },
  before: { length: 8192 },
  // A repository may ask for them; they are stored apart from the URL.
  'NamedUrlInput.url': { credentials: true },
  // The position in the list has a meaning.
  addresses: { duplicates: 'allowed' },
  // Each id has its own position in the answer.
  'Query.nodes(ids:)': { items: 100, duplicates: 'allowed' },
  // Routers batch several of the largest pages; entities come in the order of the representations.
  'Query._entities(representations:)': { items: 1000, duplicates: 'allowed' },
};

/** The bounds of free-form values, such as the representations of a router. */
export const JSON_BOUNDS = { depth: 5, values: 100, length: 1000 } as const;

/** Scalars whose values are strings of any length, and those that accept any JSON. */
const STRING_SCALARS: ReadonlySet<string> = new Set(['String', 'ID']);
const JSON_SCALARS: ReadonlySet<string> = new Set(['JSON', '_Any']);
/** Scalars whose own parsers refuse long values. */
const SHORT_SCALARS: ReadonlySet<string> = new Set(['Boolean', 'Int', 'Float', 'UUID', 'DateTime', 'ByteSize']);
/** URLs, whose own parser bounds their length. */
const URL_SCALAR = 'HttpUrl';

/** A position of the schema where callers give a value. */
export interface InputPosition {
  /** `Type.field(argument:)` or `Input.field`. */
  coordinate: string;
  element: GraphQLArgument | GraphQLInputField;
}

/** Throws for a scalar without an entry above, so that no scalar joins the schema without a bound. */
export function inputKindOf(type: GraphQLNamedInputType): 'string' | 'json' | 'url' | 'short' | 'object' {
  if (isInputObjectType(type)) return 'object';
  if (isEnumType(type) || SHORT_SCALARS.has(type.name)) return 'short';
  if (type.name === URL_SCALAR) return 'url';
  if (STRING_SCALARS.has(type.name)) return 'string';
  if (JSON_SCALARS.has(type.name)) return 'json';
  throw new Error(`Callers give values of the scalar ${type.name}, which has no bound; add it to the lists of input-bounds.ts.`);
}

/** The bounds of a position: of its coordinate, else of its name, else the defaults. Input objects never count as equal. */
export function boundsOf(coordinate: string, { name, type }: Pick<GraphQLInputField, 'name' | 'type'>): Bounds {
  const named = Object.hasOwn(EXCEPTIONS, name) ? EXCEPTIONS[name] : undefined;
  const own = Object.hasOwn(EXCEPTIONS, coordinate) ? EXCEPTIONS[coordinate] : undefined;
  const bounds = { ...DEFAULTS, ...named, ...own };
  return isInputObjectType(getNamedType(type)) ? { ...bounds, duplicates: 'allowed' } : bounds;
}

/** Every position where callers give a value: arguments of fields, and fields of inputs. */
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

/** The names and coordinates with exceptions; a law checks that each exists. */
export const EXCEPTION_NAMES: readonly string[] = Object.keys(EXCEPTIONS);

function describeBound({ coordinate, element }: InputPosition): string {
  const { name, type, description } = element;
  const text = description ?? '';
  if (/\bat most \d/i.test(text) || isEnumType(getNamedType(type))) return text;
  const { items, duplicates, length } = boundsOf(coordinate, element);
  if (isListType(getNullableType(type))) return `${text} At most ${items}${duplicates === 'allowed' ? '' : ' different ones'}.`;
  return name === 'search' ? `${text} At most ${length} characters.` : text;
}

/** Adds the bound to the description of each list and each search, except where the description names one already; skips lists of enums. */
export function describeBounds(schema: GraphQLSchema): void {
  for (const position of inputPositions(schema)) position.element.description = describeBound(position);
}
