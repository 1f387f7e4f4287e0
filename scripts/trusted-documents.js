import { createHash } from 'node:crypto';
import { Kind, print, visit } from 'graphql';

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

/** Every operation, by its name, with the text that a client sends of it: its own and that of its fragments. `isFree`: it can be sent without variables. */
export function operationsOf(documents) {
  const definitions = documents.flatMap(({ document }) => document?.definitions ?? []);
  const fragments = new Map(definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION).map((one) => [one.name.value, one]));
  return definitions
    .filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
    .map((one) => ({ name: one.name?.value ?? '', kind: one.operation, text: [one, ...fragmentsOf(one, fragments)].map(print).join('\n\n'), isFree: isFree(one) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

function isFree({ variableDefinitions = [] }) {
  return variableDefinitions.every(({ type, defaultValue }) => type.kind !== Kind.NON_NULL_TYPE || defaultValue !== undefined);
}

/** A plugin of graphql-codegen: the manifest of trusted documents, one entry per operation, SHA-256 (hex) to document. */
export function plugin(_schema, documents) {
  const hash = (text) => createHash('sha256').update(text).digest('hex');
  return `${JSON.stringify(Object.fromEntries(operationsOf(documents).map(({ text }) => [hash(text), text])), null, 2)}\n`;
}
