import { type ASTVisitor, GraphQLError, type NameNode, type ValidationContext } from 'graphql';

/** The specification reserves these for introspection; as keys of plain objects some of them reach prototypes. */
const RESERVED = '__';

/** Hive Router's query planner names the references that it asks for together so; no other reserved name is in use. */
const OF_A_ROUTER = /^__batch_reps_\d{1,4}$/;

/** Refuses names of the caller's own making that begin with two underscores: of operations, variables, fragments and aliases. */
export function reservedNames(context: ValidationContext): ASTVisitor {
  const demandOwn = (kind: string, name: NameNode | undefined): void => {
    if (name?.value.startsWith(RESERVED) !== true || (kind === 'variable' && OF_A_ROUTER.test(name.value))) return;
    context.reportError(new GraphQLError(`The ${kind} "${name.value}" begins with "__", which GraphQL reserves; choose a name that begins with a letter or a single "_".`, { nodes: name }));
  };
  return {
    OperationDefinition: ({ name }) => demandOwn('operation', name),
    FragmentDefinition: ({ name }) => demandOwn('fragment', name),
    VariableDefinition: ({ variable }) => demandOwn('variable', variable.name),
    Field: ({ alias }) => demandOwn('alias', alias),
  };
}
