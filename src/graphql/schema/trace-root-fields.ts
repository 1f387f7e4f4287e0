import { defaultFieldResolver, type GraphQLSchema } from 'graphql';
import type { Tracing } from '../../platform/tracing.js';

/** Makes each root field of queries and mutations record a span. Changes the schema, and returns it. */
export function traceRootFields(schema: GraphQLSchema, tracing: Tracing): GraphQLSchema {
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const resolve = field.resolve ?? defaultFieldResolver;
      const name = `${type?.name}.${field.name}`;
      field.resolve = (source, args, context, info) => {
        const attributes = { 'graphql.operation.type': info.operation.operation, 'graphql.operation.name': info.operation.name?.value ?? '' };
        return tracing.span(name, attributes, () => resolve(source, args, context, info));
      };
    }
  }
  return schema;
}
