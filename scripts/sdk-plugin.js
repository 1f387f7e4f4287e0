import { isObjectType } from 'graphql';
import { operationsOf } from './trusted-documents.js';

const capital = (word) => word[0].toUpperCase() + word.slice(1);

/** Types without an id that lists do not hold together: values of the object around them. */
function valueTypesOf(schema) {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const isValue = (type) => isObjectType(type) && !roots.includes(type) && !type.name.startsWith('__') && type.getFields().id === undefined && !/(?:Connection|Edge|PageInfo|Payload)$/.test(type.name);
  return Object.values(schema.getTypeMap()).filter(isValue).map(({ name }) => name).sort();
}

function sdk(operations, valueTypes) {
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

/**
 * The types without an \`id\`, whose values belong to the object around them. Caches want to be told: Graphcache with \`keys\`, Apollo Client
 * with \`merge: true\`.
 */
export const VALUE_TYPES: readonly string[] = [${valueTypes.map((name) => `'${name}'`).join(', ')}];
`;
}

/** A plugin of graphql-codegen: the SDK as TypeScript. Every operation must have a name. */
export function plugin(schema, documents) {
  return sdk(operationsOf(documents), valueTypesOf(schema));
}
