import { operationsOf } from './trusted-documents.js';

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
  .map(({ name, kind, isFree }) => {
    const [answer, variables] = [`${name}${capital(kind)}`, `${name}${capital(kind)}Variables`];
    const optional = isFree ? `: ${variables} = {}` : `: ${variables}`;
    return kind === 'subscription'
      ? `    follow${name.replace(/^Follow/, '')}: (variables${optional}): AsyncIterable<${answer}> => transport.follow(${name}Operation, variables),`
      : `    ${name[0].toLowerCase()}${name.slice(1)}: (variables${optional}): Promise<${answer}> => transport.send(${name}Operation, variables),`;
  })
  .join('\n')}
  };
}
export type Sdk = ReturnType<typeof getSdk>;

/** Every \`extensions.code\` that an error can have. They are stable; a message beside one is for people and may change. */
export const ERROR_CODES: readonly ErrorCode[] = Object.values(ErrorCode);
`;
}

/** A plugin of graphql-codegen: the SDK as TypeScript. Every operation must have a name. */
export function plugin(_schema, documents) {
  return sdk(operationsOf(documents));
}
