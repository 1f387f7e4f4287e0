import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { newLoaders, relations, roots, typeDefs } from './resolvers.js';

// graphql-yoga with a DataLoader per relation and request.
const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers: [{ ...roots, _Entity: { __resolveType: () => 'Image' } }, relations] }),
  context: () => ({ loaders: newLoaders() }),
  logging: false,
  graphiql: false,
});
const server = createServer(yoga);
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
