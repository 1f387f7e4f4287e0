import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import { WeakMemo } from '../memory/weak-memo.js';

/** Collects the directly selected fields, including those in fragments. Ignores @skip and @include, so a field counts as selected. */
function collectFields(set: SelectionSetNode | undefined, info: GraphQLResolveInfo, found: Map<string, FieldNode[]>): void {
  for (const node of set?.selections ?? []) {
    if (node.kind === Kind.FIELD) {
      const nodes = found.get(node.name.value);
      if (nodes === undefined) found.set(node.name.value, [node]);
      else nodes.push(node);
    } else if (node.kind === Kind.INLINE_FRAGMENT) collectFields(node.selectionSet, info, found);
    else collectFields(info.fragments[node.name.value]?.selectionSet, info, found);
  }
}

function selectedFields(nodes: readonly FieldNode[], info: GraphQLResolveInfo): Map<string, FieldNode[]> {
  const found = new Map<string, FieldNode[]>();
  for (const node of nodes) collectFields(node.selectionSet, info, found);
  return found;
}

/** Fields that an operation selects of an object, or of each item of a list. */
export interface ObjectSelection {
  /** Names of the selected fields. */
  fields: ReadonlySet<string>;
  /** Selections within those fields; undefined when unknown, then any field may be selected. */
  nested?: ReadonlyMap<string, ObjectSelection>;
}

/** Fields that an operation selects of a connection, so that the list reads only these. */
export interface ConnectionSelection extends ObjectSelection {
  /** False when only totalCount is selected. */
  items: boolean;
  totalCount: boolean;
  /** False when `edges` is not selected, so that no item needs a cursor of its own. */
  edges?: boolean;
}

function selectionOf(fields: Map<string, FieldNode[]>, info: GraphQLResolveInfo): ObjectSelection {
  const nested = new Map<string, ObjectSelection>();
  for (const [name, nodes] of fields) nested.set(name, selectionOf(selectedFields(nodes, info), info));
  return { fields: new Set(fields.keys()), nested };
}

/** Memoizes per field node of the document. Recomputes a field that has several nodes, since fragments may merge them differently elsewhere. */
function perField<T>(compute: (info: GraphQLResolveInfo) => T): (info: GraphQLResolveInfo) => T {
  const memo = new WeakMemo<FieldNode, T>();
  return (info) => {
    const [only, another] = info.fieldNodes;
    if (only === undefined || another !== undefined) return compute(info);
    return memo.getOrCompute(only, () => compute(info));
  };
}

/** The selection of a field that returns a connection. */
export const connectionSelection = perField((info): ConnectionSelection => {
  const top = selectedFields(info.fieldNodes, info);
  const edges = selectedFields(top.get('edges') ?? [], info);
  const fields = selectedFields([...(top.get('nodes') ?? []), ...(edges.get('node') ?? [])], info);
  const items = top.has('nodes') || top.has('edges') || top.has('pageInfo');
  return { ...selectionOf(fields, info), items, totalCount: top.has('totalCount'), edges: top.has('edges') };
});

/** The selection of a field that returns one object. */
export const objectSelection = perField((info): ObjectSelection => selectionOf(selectedFields(info.fieldNodes, info), info));
