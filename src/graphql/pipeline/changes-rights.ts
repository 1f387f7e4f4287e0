import { Kind, type OperationDefinitionNode } from 'graphql';

/** Mutations after which somebody may see or do less than before. */
const CHANGING = new Set(['updateUser', 'createGroup', 'updateGroup', 'deleteGroup', 'revokeApiKey', 'createDatacenter', 'updateDatacenter', 'deleteDatacenter']);

/** Whether streams that are open must look again at what their readers may see, once this operation has run. */
export function changesRights({ operation, selectionSet }: OperationDefinitionNode): boolean {
  if (operation !== 'mutation') return false;
  return selectionSet.selections.some((one) => one.kind !== Kind.FIELD || CHANGING.has(one.name.value));
}
