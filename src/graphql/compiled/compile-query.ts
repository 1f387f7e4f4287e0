import { createRequire } from 'node:module';
import { MapperKind, mapSchema } from '@graphql-tools/utils';
import { type DocumentNode, type ExecutionResult, getArgumentValues, type GraphQLField, type GraphQLFieldResolver, GraphQLNonNull, GraphQLScalarType, type GraphQLSchema, isInterfaceType, isObjectType, Kind, type OperationDefinitionNode } from 'graphql';
import type { OperationContext } from '../admission/admission.js';
import { ID_ENCODERS } from '../schema/node-ids.js';

export type Data = NonNullable<ExecutionResult['data']>;

/** A query as compiled code. */
export interface CompiledQuery {
  /** Runs with the coerced variables of the context. Returns null when there are errors; graphql-js must then execute the query and report them. */
  execute(context: OperationContext): Promise<Data | null>;
}

type Field = GraphQLField<unknown, unknown>;
type Resolve = GraphQLFieldResolver<unknown, OperationContext>;

const require = createRequire(import.meta.url);

/** Loads the compiler on first use, as loading takes a tenth of the start. */
function graphqlJit(): typeof import('graphql-jit') {
  return require('graphql-jit') as typeof import('graphql-jit'); // what `require` of this name returns
}

/** Resolves with the arguments that graphql-js reads from the document and the coerced variables. */
function withOwnArguments(field: Field, resolve: Resolve): Resolve {
  return (source, _none, context, info) => {
    const [node] = info.fieldNodes;
    const { variables } = context;
    if (node === undefined || variables === undefined) throw new Error('A compiled field was asked for without its document or its variables.');
    return resolve(source, getArgumentValues(field, node, variables), context, info);
  };
}

/**
 * The field `id` as a scalar of its own type, which reads the property `id`: compiled code serializes a scalar where the property is
 * read, in a third of the time that a resolver takes.
 */
function asIdScalar(type: string, encode: (id: never) => string): GraphQLNonNull<GraphQLScalarType> {
  return new GraphQLNonNull(new GraphQLScalarType({ name: `${type}Id`, serialize: (id) => encode(id as never) })); // the property has the key that the encoder of its type takes
}

/**
 * Copies the schema for the compiler, without arguments, so that graphql-jit never coerces a value by its own rules nor writes
 * one into generated code.
 */
export function withoutArguments(schema: GraphQLSchema): GraphQLSchema {
  return mapSchema(schema, {
    [MapperKind.COMPOSITE_FIELD]: (config, name, typeName) => {
      const encode = name === 'id' ? ID_ENCODERS.get(typeName) : undefined;
      if (encode !== undefined) return { ...config, type: asIdScalar(typeName, encode), resolve: undefined };
      const type = schema.getType(typeName);
      const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
      if (field === undefined || field.args.length === 0) return config;
      return { ...config, args: {}, ...(field.resolve && { resolve: withOwnArguments(field, field.resolve) }) };
    },
  });
}

/** Drops the variable definitions, which no compiled code reads: admission has coerced the variables. */
function withoutVariables(document: DocumentNode, operation: OperationDefinitionNode): DocumentNode {
  const { variableDefinitions: _dropped, ...rest } = operation;
  return { ...document, definitions: [rest, ...document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)] };
}

/** Compiles a valid query without @skip and @include, for a schema from `withoutArguments`. Returns null for one that graphql-jit cannot compile. */
export function compileQuery(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): CompiledQuery | null {
  const { compileQuery: compile, isCompiledQuery } = graphqlJit();
  // Resolvers return built-in scalars and enums as they are sent, so that only custom scalars need serializing.
  const options = { disableLeafSerialization: true, disablingCapturingStackErrors: true };
  const compiled = compile(schema, withoutVariables(document, operation), operation.name?.value, options);
  if (!isCompiledQuery(compiled)) return null;
  const { query } = compiled;
  return {
    async execute(context) {
      const { data, errors } = await query(undefined, context, {});
      return errors === undefined && data ? data : null;
    },
  };
}
