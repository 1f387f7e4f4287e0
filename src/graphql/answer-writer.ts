import {
  type DocumentNode, type FieldNode, type GraphQLAbstractType, type GraphQLField, GraphQLList, GraphQLNonNull,
  type GraphQLObjectType, type GraphQLOutputType, type GraphQLResolveInfo, type GraphQLSchema, isAbstractType, isLeafType, isObjectType, Kind,
  type OperationDefinitionNode, type SelectionSetNode, typeFromAST,
} from 'graphql';
import type { DoorContext } from './admission/admission.js';
import { argumentReader } from './argument-reader.js';
import { leafWriter, notPlain, type Write } from './leaf-writers.js';

type Variables = Record<string, unknown>;
type Path = GraphQLResolveInfo['path'];

interface Run {
  context: DoorContext;
  variables: Variables;
}

/** What a value becomes where fields with resolvers of their own may lie below it. */
type Complete = (value: unknown, run: Run) => string | Promise<string>;

/** The data of an answer as JSON; `variables` are as resolvers get them. Throws where it is not what its types promise, or a resolver fails: graphql-js is to answer then, and to word the errors. */
export type AnswerWriter = (context: DoorContext, variables: Variables) => Promise<string>;

/** Thrown while compiling. */
class NotToBeWritten extends Error {}

interface Place {
  type: GraphQLObjectType;
  key: string;
  nodes: readonly FieldNode[];
  path: Path | undefined;
}

/** What a property answers by itself. */
function isProperty(field: GraphQLField<unknown, unknown>): boolean {
  return field.resolve === undefined && field.args.length === 0;
}

/** Every object of the generated code is read by names of the schema, and every key of an answer is a name of GraphQL. */
function objectText(fields: readonly { key: string; name: string; write: Write | string }[]): Write {
  const writers = fields.map(({ write }) => write);
  const pieces = fields.map(({ key, name, write }, at) => {
    const head = `${at === 0 ? '{' : ','}${JSON.stringify(key)}:`;
    return typeof write === 'string' ? JSON.stringify(head + write) : `${JSON.stringify(head)} + w${at}(o.${name})`;
  });
  const names = fields.map((_, at) => `w${at}`);
  // Properties that are read by name and not by a variable are what makes this quick.
  const make = new Function('notPlain', ...names, `return (o) => {
    if (typeof o !== 'object' || o === null || o instanceof Promise || o instanceof Error) throw notPlain();
    return ${pieces.join(' + ')} + '}';
  };`) as (...values: unknown[]) => Write;
  return make(notPlain, ...writers);
}

function listText(item: Write): Write {
  return (list) => {
    if (!Array.isArray(list)) throw notPlain();
    let text = '[';
    for (let at = 0; at < list.length; at += 1) text += at === 0 ? item(list[at]) : `,${item(list[at])}`;
    return `${text}]`;
  };
}

function nullable(write: Write): Write {
  return (value) => (value === null || value === undefined ? 'null' : write(value));
}

/**
 * Turns one operation into a function that writes its answer: what plain properties hold goes into the text without an
 * object made of it first. Only for operations whose resolvers stand on the way to a list and not within one.
 */
class Compiler {
  readonly #fragments: GraphQLResolveInfo['fragments'];

  constructor(
    private readonly schema: GraphQLSchema,
    document: DocumentNode,
    private readonly operation: OperationDefinitionNode,
  ) {
    this.#fragments = Object.fromEntries(document.definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [])));
  }

  compile(): AnswerWriter {
    const root = this.schema.getQueryType();
    if (!root) throw new NotToBeWritten();
    const write = this.#resolved(root, this.#collect(root, [this.operation.selectionSet]), undefined);
    return async (context, variables) => write(undefined, { context, variables });
  }

  /** Fields by the key of the answer, in the order of the document. */
  #collect(type: GraphQLObjectType, sets: readonly SelectionSetNode[], found = new Map<string, FieldNode[]>()): Map<string, FieldNode[]> {
    for (const one of sets.flatMap(({ selections }) => selections)) {
      if (one.kind === Kind.FIELD) {
        const key = one.alias?.value ?? one.name.value;
        const nodes = found.get(key);
        if (nodes === undefined) found.set(key, [one]);
        else nodes.push(one);
        continue;
      }
      const fragment = one.kind === Kind.FRAGMENT_SPREAD ? this.#fragments[one.name.value] : one;
      if (fragment === undefined) throw new NotToBeWritten();
      const condition = fragment.typeCondition && typeFromAST(this.schema, fragment.typeCondition);
      const applies = !condition || condition === type || (isAbstractType(condition) && this.schema.isSubType(condition, type));
      if (applies) this.#collect(type, [fragment.selectionSet], found);
    }
    return found;
  }

  #fieldOf(type: GraphQLObjectType, [node]: readonly FieldNode[]): GraphQLField<unknown, unknown> {
    const field = node && type.getFields()[node.name.value];
    if (field === undefined) throw new NotToBeWritten();
    return field;
  }

  /** An object of properties alone. */
  #plain(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Write {
    const fields = [...this.#collect(type, sets)].map(([key, nodes]) => {
      if (nodes[0]?.name.value === '__typename') return { key, name: '', write: `"${type.name}"` };
      const field = this.#fieldOf(type, nodes);
      if (!isProperty(field)) throw new NotToBeWritten();
      return { key, name: field.name, write: this.#text(field.type, nodes) };
    });
    return objectText(fields);
  }

  /** A value of any type with nothing but properties below it. */
  #text(type: GraphQLOutputType, nodes: readonly FieldNode[]): Write {
    if (type instanceof GraphQLNonNull) return this.#present(type.ofType, nodes);
    return nullable(this.#present(type, nodes));
  }

  #present(type: GraphQLOutputType, nodes: readonly FieldNode[]): Write {
    if (isLeafType(type)) return leafWriter(type);
    if (type instanceof GraphQLList) return listText(this.#text(type.ofType, nodes));
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    if (isObjectType(type)) return this.#plain(type, sets);
    if (isAbstractType(type)) return this.#oneOf(type, sets);
    throw new NotToBeWritten();
  }

  /** Objects of a union say which they are. */
  #oneOf(type: GraphQLAbstractType, sets: readonly SelectionSetNode[]): Write {
    const writers = new Map(this.schema.getPossibleTypes(type).map((one) => [one.name, this.#plain(one, sets)]));
    return (value) => {
      const { __typename: name = '' } = value as { __typename?: string };
      const write = writers.get(name);
      if (write === undefined) throw notPlain();
      return write(value);
    };
  }

  /** An object on the way to others: some of its fields have resolvers. */
  #resolved(type: GraphQLObjectType, fields: Map<string, FieldNode[]>, path: Path | undefined): Complete {
    const parts = [...fields].map(([key, nodes], at) => ({ head: `${at === 0 ? '{' : ','}${JSON.stringify(key)}:`, complete: this.#part({ type, key, nodes, path }) }));
    return async (value, run) => {
      if (value instanceof Error) throw value;
      const values = parts.map(({ complete }) => complete(value, run));
      const texts = await Promise.all(values);
      return `${parts.map(({ head }, at) => head + texts[at]).join('')}}`;
    };
  }

  #part(place: Place): Complete {
    const { type, key, nodes, path } = place;
    if (nodes[0]?.name.value === '__typename') return () => `"${type.name}"`;
    const field = this.#fieldOf(type, nodes);
    if (!isProperty(field)) return this.#slot(place, field);
    const below = this.#below(field.type, nodes, { prev: path, key, typename: type.name });
    return (object, run) => below((object as Record<string, unknown>)[field.name], run);
  }

  /** A field with a resolver. */
  #slot({ type, key, nodes, path }: Place, field: GraphQLField<unknown, unknown>): Complete {
    const here: Path = { prev: path, key, typename: type.name };
    const below = this.#below(field.type, nodes, here);
    const [node] = nodes as [FieldNode];
    const argumentsOf = argumentReader(field, node);
    const info = {
      fieldName: field.name, fieldNodes: nodes, returnType: field.type, parentType: type, path: here, schema: this.schema, fragments: this.#fragments,
      rootValue: undefined, operation: this.operation,
    };
    const { resolve = () => undefined } = field;
    return (object, run) => {
      const value: unknown = resolve(object, argumentsOf(run.variables), run.context, { ...info, variableValues: run.variables } as GraphQLResolveInfo);
      return value instanceof Promise ? value.then((known: unknown) => below(known, run)) : below(value, run);
    };
  }

  /** What comes of a value that stands in no list: below it resolvers may follow. */
  #below(type: GraphQLOutputType, nodes: readonly FieldNode[], path: Path): Complete {
    const named = type instanceof GraphQLNonNull ? (type.ofType as GraphQLOutputType) : type;
    if (!isObjectType(named)) return this.#text(type, nodes);
    const fields = this.#collect(named, nodes.flatMap(({ selectionSet }) => selectionSet ?? []));
    if (this.#isPlain(named, fields)) return this.#text(type, nodes);
    const write = this.#resolved(named, fields, path);
    return (value, run) => {
      if (value !== null && value !== undefined) return write(value, run);
      if (type instanceof GraphQLNonNull) throw notPlain();
      return 'null';
    };
  }

  #isPlain(type: GraphQLObjectType, fields: Map<string, FieldNode[]>): boolean {
    return [...fields.values()].every((nodes) => {
      if (nodes[0]?.name.value === '__typename') return true;
      const field = this.#fieldOf(type, nodes);
      if (!isProperty(field)) return false;
      const below = field.type instanceof GraphQLNonNull ? (field.type.ofType as GraphQLOutputType) : field.type;
      return !isObjectType(below) || this.#isPlain(below, this.#collect(below, nodes.flatMap(({ selectionSet }) => selectionSet ?? [])));
    });
  }
}

/** Null for an operation that cannot be answered this way. It has no @skip or @include, and is valid. */
export function compileWriter(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): AnswerWriter | null {
  try {
    return new Compiler(schema, document, operation).compile();
  } catch (error) {
    if (error instanceof NotToBeWritten) return null;
    throw error;
  }
}
