import { operationsOf } from './trusted-documents.js';

/** A plugin of graphql-codegen: the operations of the SDK as parsed, typed documents, for clients that take those. */
export function plugin(_schema, documents) {
  const names = operationsOf(documents).map(({ name }) => name);
  return `// The operations as typed documents, for Apollo Client, urql and others that infer types from them. Needs the package "graphql".
import { type DocumentNode, parse } from 'graphql';
import {
${names.map((name) => `  ${name}Operation,`).join('\n')}
  type Operation,
} from './generated.ts';

/** A document that knows the types of its answer and of its variables. */
export type TypedDocument<R, V> = DocumentNode & { readonly __apiType?: (variables: V) => R };

function typed<R, V>(operation: Operation<R, V>): TypedDocument<R, V> {
  return parse(operation);
}

${names.map((name) => `export const ${name}Document = typed(${name}Operation);`).join('\n')}
`;
}
