import { type ASTVisitor, GraphQLError, Kind, type SelectionNode, type SelectionSetNode, type ValidationContext } from 'graphql';

function isConditional({ directives = [] }: SelectionNode): boolean {
  return directives.some(({ name }) => name.value === 'skip' || name.value === 'include');
}

/** Finds a conditional selection at the root of a subscription. Visits each fragment once, so that circular fragments end. */
function conditionalRoot(selections: SelectionSetNode, context: ValidationContext, seen: Set<string>): SelectionNode | undefined {
  for (const one of selections.selections) {
    if (isConditional(one)) return one;
    if (one.kind === Kind.FIELD) continue;
    const name = one.kind === Kind.FRAGMENT_SPREAD ? one.name.value : null;
    if (name !== null && seen.has(name)) continue;
    if (name !== null) seen.add(name);
    const inner = one.kind === Kind.INLINE_FRAGMENT ? one : context.getFragment(one.name.value);
    const found = inner && conditionalRoot(inner.selectionSet, context, seen);
    if (found) return found;
  }
  return undefined;
}

/** Validation rule: refuses @skip and @include at the root of a subscription, because graphql-js fails when no root field is left. */
export function unconditionalSubscriptions(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(operation) {
      if (operation.operation !== 'subscription') return false;
      const node = conditionalRoot(operation.selectionSet, context, new Set());
      if (node) context.reportError(new GraphQLError('The field of a subscription must not depend on @skip or @include; leave it out instead.', { nodes: node }));
      return false;
    },
  };
}
