import { subgraphSdl } from './schema.js';

/** The text of schema.graphql: the SDL that this subgraph serves. */
export async function printSchema(): Promise<string> {
  return subgraphSdl();
}
