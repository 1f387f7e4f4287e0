import { readFileSync } from 'node:fs';
import { buildSchema, type GraphQLSchema } from 'graphql';

const SDL = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');

/** The schema as the gateway publishes it, and what federation adds. */
export const schema: GraphQLSchema = buildSchema(
  `${SDL}
  scalar _Any
  union _Entity = Image | Datacenter | ImageRepository | RepositoryImage | User | Group | Viewer | VirtualServer | Snapshot | Task
  extend type Query { _entities(representations: [_Any!]!): [_Entity]! }`,
  // It names directives of federation, which it does not declare.
  { assumeValidSDL: true },
);
