import { startSubgraph, type Subgraph } from './subgraph.js';

const SDL = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires", "@shareable"])

type Image @key(fields: "name") {
  name: String!
  size: Int! @external
  "In cents a month, by the size of its disk."
  price: Int! @requires(fields: "size")
}

type User @key(fields: "username") {
  username: String!
  balance: Int!
}

type Datacenter @key(fields: "id") {
  id: ID!
  rate: Int!
}

type Viewer @key(fields: "id") {
  id: ID!
  invoiceCount: Int!
}

type PageInfo @shareable {
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  startCursor: String
  endCursor: String
}

type InvoicePage {
  nodes: [Invoice!]!
  pageInfo: PageInfo!
}

type Invoice {
  number: Int!
  image: Image
  user: User
}

"Refers to its image as it should not: not nullable."
type StrictInvoice {
  image: Image!
}

type Query {
  invoices: InvoicePage!
  strictInvoices: [StrictInvoice!]!
}
`;

export interface InvoiceFacts {
  image: string;
  username: string;
}

/** What an image costs per MiB, in cents. */
export const CENTS_PER_MIB = 2;

/** What a datacenter costs, in cents. */
export const RATE = 9;

/** Knows prices of images by name, balances of users, and rates of datacenters and invoices of the viewer by id. Invoices lead back to images and users that it knows by key only. */
export async function startBilling(balances: Readonly<Record<string, number>>, invoices: readonly InvoiceFacts[]): Promise<Subgraph> {
  const nodes = invoices.map(({ image, username }, at) => ({ number: at + 1, image: { name: image }, user: { username } }));
  return startSubgraph('billing', SDL, {
    Query: {
      invoices: () => ({ nodes, pageInfo: { hasNextPage: false, hasPreviousPage: false } }),
      strictInvoices: () => nodes,
    },
    Image: { __resolveReference: ({ name, size = 0 }: { name: string; size?: number }) => ({ name, price: size * CENTS_PER_MIB }) },
    Datacenter: { __resolveReference: ({ id }: { id: string }) => ({ id, rate: RATE }) },
    Viewer: { __resolveReference: ({ id }: { id: string }) => ({ id, invoiceCount: invoices.length }) },
    User: {
      __resolveReference: ({ username }: { username: string }) => ({ username }),
      balance: ({ username }: { username: string }) => balances[username] ?? 0,
    },
  });
}
