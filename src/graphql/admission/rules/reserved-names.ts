import { type ASTVisitor, GraphQLError, type NameNode, type ValidationContext } from 'graphql';

/** The specification reserves this prefix for introspection; `__proto__` would also reach the prototype of a plain object. */
const RESERVED_PREFIX = '__';

/** Hive Router's query planner gives batched references such variables; no other client uses a reserved name. */
const ROUTER_VARIABLE = /^__batch_reps_\d{1,4}$/;

/** Validation rule: refuses operations, variables, fragments and aliases whose name begins with two underscores. */
export function reservedNames(context: ValidationContext): ASTVisitor {
  const requireUnreserved = (kind: string, name: NameNode | undefined): void => {
    if (name?.value.startsWith(RESERVED_PREFIX) !== true || (kind === 'variable' && ROUTER_VARIABLE.test(name.value))) return;
    context.reportError(new GraphQLError(`The ${kind} "${name.value}" begins with "__", which GraphQL reserves; choose a name that begins with a letter or a single "_".`, { nodes: name }));
  };
  return {
    OperationDefinition: ({ name }) => requireUnreserved('operation', name),
    FragmentDefinition: ({ name }) => requireUnreserved('fragment', name),
    VariableDefinition: ({ variable }) => requireUnreserved('variable', variable.name),
    Field: ({ alias }) => requireUnreserved('alias', alias),
  };
}
