import Fastify from 'fastify';
import mercurius from 'mercurius';
import { newLoaders, relations, roots, typeDefs } from './resolvers.js';

// mercurius with JIT and a DataLoader per relation and request.
function merged(...parts) {
  const all = {};
  for (const part of parts) for (const [type, fields] of Object.entries(part)) all[type] = type === 'DateTime' ? fields : { ...all[type], ...fields };
  return all;
}

const app = Fastify({ logger: false });
app.register(mercurius, { schema: typeDefs, resolvers: merged(roots, relations), jit: 1, context: () => ({ loaders: newLoaders() }) });
console.log(await app.listen({ host: '127.0.0.1', port: 0 }));
