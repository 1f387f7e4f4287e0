/** Tests to which the database makes no difference: they run once, in the project `sqlite`. Everything else runs on both. */
export const ONCE: readonly string[] = [
  'test/config.test.ts',
  'test/imgapi/**',
  'test/laws/!(migrations).test.ts',
  'test/deploy/*.test.ts',
  'test/platform/!(database|batch-writer|in-transaction|migrated-rows|cached-read).test.ts',
  'test/access/{token,permission-sets,oidc}.test.ts',
  'test/graphql/entities-resolver.test.ts',
  'test/graphql/compile-query.test.ts',
  'test/graphql/cost-budget.test.ts',
  'test/graphql/operation-cache.test.ts',
  'test/graphql/stream-key.test.ts',
  'test/image-server/{file-response,published-manifest}.test.ts',
  'test/tasks/change-bus.test.ts',
  'test/tasks/change-relay.test.ts',
  'test/virtual-servers/download-gzipped.test.ts',
  // What gateways make of the SDL; that references are read right is in references.test.ts, on both.
  'test/federation/!(references).test.ts',
  // Clients: a browser, and processes of their own.
  'test/examples/**',
  'test/cli/!(backup|verify-store).test.ts',
  // A browser, which is what takes the time.
  'test/graphql/{graphiql*,entrance}.test.ts',
  'test/acceptance/{tour,rolling-update}.test.ts',
  // Starts that fail before a database is used, and the demo of the README.
  'test/acceptance/{start-faults,postgres-start-faults,readme}.test.ts',
  // What a process does before it asks its database: connections, addresses, headers, and servers that lie to it.
  'test/graphql/drain.test.ts',
  'test/acceptance/hostile-repository.test.ts',
  'test/security/{trust,headers,request-ids,log-floods,decompression,log-lines,file-modes}.test.ts',
  'test/images/import/**',
  // The store alone; an object storage, whichever database is beside it.
  'test/store/**',
  'test/s3/**',
  // The disk of the store.
  'test/images/full-store.test.ts',
  'test/repositories/list-diff.test.ts',
  'test/support/**',
  // Run on both databases, or on Postgres alone, by themselves.
  'test/images/search.test.ts',
  'test/scale/plans.test.ts',
  'test/scale/people-and-work.test.ts',
  'test/graphql/api-and-worker.test.ts',
  'test/races/two-processes.test.ts',
  'test/security/memory.test.ts',
];
