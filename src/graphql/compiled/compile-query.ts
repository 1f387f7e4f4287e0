import { createRequire } from 'node:module';
import { MapperKind, mapSchema } from '@graphql-tools/utils';
import { type DocumentNode, type ExecutionResult, getArgumentValues, type GraphQLField, type GraphQLFieldResolver, type GraphQLSchema, isInterfaceType, isObjectType, Kind, type OperationDefinitionNode } from 'graphql';
import type { OperationContext } from '../admission/admission.js';

export type Data = NonNullable<ExecutionResult['data']>;

/** A query as compiled code. */
export interface CompiledQuery {
  /** The data; null when the answer has errors, which graphql-js is to find and word. Takes the coerced variables of the context. */
  execute(context: OperationContext): Promise<Data | null>;
}

type Field = GraphQLField<unknown, unknown>;
type Resolve = GraphQLFieldResolver<unknown, unknown>;

const require = createRequire(import.meta.url);

/** Loads the compiler when a query first comes again: that takes a tenth of the time of a start. */
function graphqlJit(): typeof import('graphql-jit') {
  return require('graphql-jit') as typeof import('graphql-jit');
}

/** Resolves with arguments that graphql-js makes of the document and of variables that it has coerced before. */
function withOwnArguments(field: Field, resolve: Resolve): Resolve {
  return (source, _none, context, info) => {
    const [node] = info.fieldNodes;
    const { variables } = context as OperationContext;
    if (node === undefined || variables === undefined) throw new Error('A compiled field was asked for without its document or its variables.');
    return resolve(source, getArgumentValues(field, node, variables), context, info);
  };
}

/**
 * The schema as the compiler sees it: no field has arguments, so that graphql-jit never coerces a value by its own rules or
 * writes one into the code that it generates.
 */
export function withoutArguments(schema: GraphQLSchema): GraphQLSchema {
  return mapSchema(schema, {
    [MapperKind.COMPOSITE_FIELD]: (config, name, typeName) => {
      const type = schema.getType(typeName);
      const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
      if (field === undefined || field.args.length === 0) return config;
      return { ...config, args: {}, ...(field.resolve && { resolve: withOwnArguments(field, field.resolve) }) };
    },
  });
}

/** Variables are coerced before, and read by nothing that is compiled. */
function withoutVariables(document: DocumentNode, operation: OperationDefinitionNode): DocumentNode {
  const { variableDefinitions: _defined, ...kept } = operation;
  return { ...document, definitions: [kept, ...document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)] };
}

/** Compiles a valid query without @skip and @include over a schema of `withoutArguments`; null for one that graphql-jit cannot compile. */
export function compileQuery(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): CompiledQuery | null {
  const { compileQuery: compile, isCompiledQuery } = graphqlJit();
  // Rows hold what String, Int, Boolean and enums are sent as; other scalars are serialized.
  const options = { disableLeafSerialization: true, disablingCapturingStackErrors: true };
  const compiled = compile(schema, withoutVariables(document, operation), operation.name?.value, options);
  if (!isCompiledQuery(compiled)) return null;
  const { query } = compiled;
  return {
    async execute(context) {
      const { data, errors } = (await query(undefined, context, {})) as ExecutionResult;
      return errors === undefined && data ? data : null;
    },
  };
}
