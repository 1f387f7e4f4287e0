import { Kind, type OperationDefinitionNode } from 'graphql';

/** Mutations after which some user may see or do less than before. */
const RIGHTS_MUTATIONS = new Set(['updateUser', 'createGroup', 'updateGroup', 'deleteGroup', 'revokeApiKey', 'createDatacenter', 'updateDatacenter', 'deleteDatacenter']);

/** Whether open streams must be re-authorized after this operation. Counts every mutation with a fragment at its root, to be safe. */
export function changesRights({ operation, selectionSet }: OperationDefinitionNode): boolean {
  if (operation !== 'mutation') return false;
  return selectionSet.selections.some((one) => one.kind !== Kind.FIELD || RIGHTS_MUTATIONS.has(one.name.value));
}
