import Fastify from 'fastify';
import mercurius from 'mercurius';
import { batches, roots, typeDefs } from './resolvers.js';

// mercurius with JIT and its own loaders.
const relation = (key, batch) => async (queries) => batch(queries.map(({ obj }) => obj[key]));
const maybe = (key, batch) => async (queries) => {
  const ids = queries.map(({ obj }) => obj[key]).filter((id) => id !== null);
  const found = new Map(batch(ids).map((row) => [row?.id, row]));
  return queries.map(({ obj }) => found.get(obj[key]) ?? null);
};
const loaders = {
  Viewer: { user: relation('userId', batches.users) },
  Image: {
    owner: relation('ownerId', batches.users),
    boundDatacenter: maybe('boundId', batches.datacenters),
    datacenters: relation('id', batches.attached),
    tags: relation('id', batches.tags),
  },
  RepositoryImage: { image: maybe('imageId', batches.images) },
};

const app = Fastify({ logger: false });
app.register(mercurius, { schema: typeDefs, resolvers: roots, loaders, jit: 1 });
console.log(await app.listen({ host: '127.0.0.1', port: 0 }));
