import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode, visit } from 'graphql';
import { type RootCheck, rootCheck } from '../../access/shield.js';

/** The names of the root fields, including those within fragments; null when one of them is introspection. */
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

/** The access rules of the root fields of a query or mutation, each once. Null when a field has no rule, which closes it, or is introspection. */
export function rootChecks(document: DocumentNode, operation: OperationDefinitionNode): RootCheck[] | null {
  if (operation.operation === 'subscription') return null;
  const type = operation.operation === 'query' ? 'Query' : 'Mutation';
  const names = rootFieldNames(document, operation);
  if (names === null) return null;
  const checks = [...names].map((name) => rootCheck(type, name)).filter((check) => check !== null);
  return checks.length < names.size ? null : [...new Set(checks)];
}

/** Whether the document uses @skip or @include. */
export function isConditional(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive: ({ name }) => {
      found ||= name.value === 'skip' || name.value === 'include';
    },
  });
  return found;
}
