import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Kind, print, visit } from 'graphql';
import { pathOf } from './project.js';

/** Codes of faults in a request itself, beside those that the gateway gives on purpose. */
const REQUEST_CODES = ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_REQUEST', 'OPERATION_RESOLUTION_FAILURE', 'INTERNAL_SERVER_ERROR'];

function errorCodes() {
  const union = /export type ErrorCode =([^;]+);/.exec(readFileSync(pathOf('src', 'platform', 'errors.ts'), 'utf8'))?.[1];
  if (union === undefined) throw new Error('src/platform/errors.ts has no union ErrorCode to read the codes from.');
  return [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code).concat(REQUEST_CODES);
}

/** The fragments that a definition spreads, directly or through others, each once. */
function fragmentsOf(definition, all, found = new Map()) {
  visit(definition, {
    FragmentSpread({ name: { value } }) {
      const fragment = all.get(value);
      if (fragment === undefined || found.has(value)) return;
      found.set(value, fragment);
      fragmentsOf(fragment, all, found);
    },
  });
  return [...found.values()];
}

/** Every operation with the text that a client sends of it: its own and that of its fragments. */
function operationsOf(documents) {
  const definitions = documents.flatMap(({ document }) => document.definitions);
  const fragments = new Map(definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION).map((one) => [one.name.value, one]));
  return definitions
    .filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
    .map((one) => ({ name: one.name.value, kind: one.operation, text: [one, ...fragmentsOf(one, fragments)].map(print).join('\n\n') }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

const capital = (word) => word[0].toUpperCase() + word.slice(1);

function sdk(operations) {
  const types = ({ name, kind }) => `${name}${capital(kind)}, ${name}${capital(kind)}Variables`;
  return `
/** The text of an operation, with the types of its answer and its variables; clients that know typed documents know this one. */
export type Operation<R, V> = string & { readonly __apiType?: (variables: V) => R };

${operations.map((one) => `export const ${one.name}Operation: Operation<${types(one)}> = \`${one.text.replace(/[\\`]|\$\{/g, '\\$&')}\`;`).join('\n\n')}

/** How operations get to a gateway: queries and mutations once, subscriptions until they are left. */
export interface Transport {
  send<R, V>(operation: Operation<R, V>, variables: V): Promise<R>;
  follow<R, V>(operation: Operation<R, V>, variables: V): AsyncIterable<R>;
}

/** A method per operation. */
export function getSdk(transport: Transport) {
  return {
${operations
  .map(({ name, kind }) => {
    const [answer, variables] = [`${name}${capital(kind)}`, `${name}${capital(kind)}Variables`];
    return kind === 'subscription'
      ? `    follow${name.replace(/^Follow/, '')}: (variables: ${variables}): AsyncIterable<${answer}> => transport.follow(${name}Operation, variables),`
      : `    ${name[0].toLowerCase()}${name.slice(1)}: (variables: ${variables}): Promise<${answer}> => transport.send(${name}Operation, variables),`;
  })
  .join('\n')}
  };
}
export type Sdk = ReturnType<typeof getSdk>;

/** Every \`extensions.code\` that an error can have. They are stable; a message beside one is for people and may change. */
export const ERROR_CODES = [
${errorCodes().map((code) => `  '${code}',`).join('\n')}
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];
`;
}

/** For graphql-codegen: the SDK as TypeScript, or with \`output: manifest\` the trusted documents, by the sha256 of their text. */
export function plugin(_schema, documents, { output }) {
  const operations = operationsOf(documents);
  if (output !== 'manifest') return sdk(operations);
  const hash = (text) => createHash('sha256').update(text).digest('hex');
  return `${JSON.stringify(Object.fromEntries(operations.map(({ text }) => [hash(text), text])), null, 2)}\n`;
}
