import { startSubgraph, type Subgraph } from './subgraph.js';

const SDL = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

scalar UUID

type VirtualServer @key(fields: "uuid") {
  uuid: UUID!
  cpus: Int!
}

type Query {
  "All that runs on the compute nodes, whoever asks."
  running: [VirtualServer]!
}
`;

/** Knows the CPUs of servers, by uuid. Its own list tells of every one of them, so what of it is seen is for others to decide. */
export async function startCompute(cpus: Readonly<Record<string, number>>): Promise<Subgraph> {
  const server = (uuid: string) => ({ uuid, cpus: cpus[uuid] ?? 0 });
  return startSubgraph('compute', SDL, {
    Query: { running: () => Object.keys(cpus).map(server) },
    VirtualServer: { __resolveReference: ({ uuid }: { uuid: string }) => server(uuid) },
  });
}
