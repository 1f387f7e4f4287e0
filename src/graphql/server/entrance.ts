import type { FastifyInstance } from 'fastify';

/** What whoever looks at the address finds, without signing in. */
const PATHS = { graphql: '/graphql', graphiql: '/graphiql', imageServer: '/imgapi/images', alive: '/livez', ready: '/readyz', metrics: '/metrics' };

/** Answers at `/`: leads to GraphiQL, or names the paths where that is off. */
export function registerEntrance(app: FastifyInstance, hasGraphiql: boolean): void {
  app.get('/', (_request, reply) => {
    reply.header('cache-control', 'no-cache');
    // Relative, so that it also holds behind a proxy that adds a path.
    if (hasGraphiql) return reply.redirect('graphiql/', 302);
    const { graphiql: _off, ...paths } = PATHS;
    return reply.send({ service: 'image-gateway', paths });
  });
}
