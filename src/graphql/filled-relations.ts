import { type GraphQLSchema, isObjectType } from 'graphql';

/** Relations that a list may have read together with its rows, and the property that then holds them. */
const FILLED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Viewer: { user: 'loadedUser' },
  Image: { owner: 'loadedOwner', boundDatacenter: 'loadedBoundDatacenter', datacenters: 'loadedDatacenters' },
  RepositoryImage: { repository: 'loadedRepository', image: 'loadedImage', manifestUrl: 'loadedManifestUrl' },
};

/**
 * Lets such relations be plain fields: what is there is answered at once, and only what is not costs the call of a
 * resolver. Changes the schema given.
 */
export function withFilledRelations(schema: GraphQLSchema): GraphQLSchema {
  for (const [typeName, fields] of Object.entries(FILLED)) {
    const type = schema.getType(typeName);
    if (!isObjectType(type)) throw new Error(`There is no type ${typeName}.`);
    for (const [name, property] of Object.entries(fields)) {
      const field = type.getFields()[name];
      const resolve = field?.resolve;
      if (field === undefined || resolve === undefined) throw new Error(`${typeName}.${name} has no resolver.`);
      field.resolve = (source, args, context, info) => {
        const filled = (source as Record<string, unknown>)[property];
        return filled === undefined ? resolve(source, args, context, info) : filled;
      };
    }
  }
  return schema;
}
