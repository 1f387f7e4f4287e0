import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode, visit } from 'graphql';
import { type RootCheck, rootCheck } from '../../access/shield.js';

/** Names of the root fields, also those within fragments; null when one of them is about the schema itself. */
function rootFieldNames(document: DocumentNode, operation: OperationDefinitionNode): Set<string> | null {
  const names = new Set<string>();
  const fragments = new Map(document.definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [])));
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const one of selections) {
      if (one.kind === Kind.FIELD) names.add(one.name.value);
      else if (one.kind === Kind.INLINE_FRAGMENT) collect(one.selectionSet);
      else {
        const fragment = fragments.get(one.name.value);
        if (fragment !== undefined) collect(fragment.selectionSet);
      }
    }
  };
  collect(operation.selectionSet);
  names.delete('__typename');
  return names.has('__schema') || names.has('__type') ? null : names;
}

/** The rules of the root fields of a query or a mutation, each once; null when some field has none, and so is closed, or it is about the schema. */
export function rootChecks(document: DocumentNode, operation: OperationDefinitionNode): RootCheck[] | null {
  if (operation.operation === 'subscription') return null;
  const type = operation.operation === 'query' ? 'Query' : 'Mutation';
  const names = rootFieldNames(document, operation);
  const checks = [...(names ?? [])].map((name) => rootCheck(type, name));
  return names === null || checks.includes(null) ? null : [...new Set(checks as RootCheck[])];
}

/** Whether a field or fragment depends on @skip or @include. */
export function isConditional(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive: ({ name }) => {
      found ||= name.value === 'skip' || name.value === 'include';
    },
  });
  return found;
}
