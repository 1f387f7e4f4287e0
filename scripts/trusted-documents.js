import { createHash } from 'node:crypto';
import { Kind, print, visit } from 'graphql';

/** The names of the fragments that a definition needs, those within fragments included. */
function fragmentsOf(definition, all, found = new Set()) {
  visit(definition, {
    FragmentSpread({ name: { value } }) {
      if (found.has(value) || !all.has(value)) return;
      found.add(value);
      fragmentsOf(all.get(value), all, found);
    },
  });
  return found;
}

/** A plugin of graphql-codegen: the manifest of trusted documents, one entry per operation, SHA-256 (hex) to document. */
export function plugin(_schema, documents) {
  const definitions = documents.flatMap(({ document }) => document?.definitions ?? []);
  const fragments = new Map(definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION).map((one) => [one.name.value, one]));
  const texts = definitions
    .filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
    .map((operation) => [operation, ...[...fragmentsOf(operation, fragments)].map((name) => fragments.get(name))].map(print).join('\n\n'));
  const manifest = Object.fromEntries(texts.map((text) => [createHash('sha256').update(text).digest('hex'), text]));
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
