import { startSubgraph, type Subgraph } from './subgraph.js';

/** A subgraph that has root fields of its own under the names of ours. */
export const CRM_SDL = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

type Customer @key(fields: "number") {
  number: Int!
  name: String!
}

type Query {
  node(id: ID!): Customer
  users: [Customer!]!
  viewer: Customer
}

type Mutation {
  createUser(name: String!): Customer!
}
`;

const CUSTOMER = { number: 7, name: 'Acme' };

export async function startCrm(): Promise<Subgraph> {
  return startSubgraph('crm', CRM_SDL, {
    Query: { node: () => CUSTOMER, users: () => [CUSTOMER], viewer: () => CUSTOMER },
    Mutation: { createUser: (_: unknown, { name }: { name: string }) => ({ ...CUSTOMER, name }) },
  });
}
