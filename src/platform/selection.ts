import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';

/** Names of the fields selected directly, through any fragment; @skip and @include are taken as selected. */
function namesIn(set: SelectionSetNode | undefined, info: GraphQLResolveInfo, found: Map<string, FieldNode[]>): void {
  for (const node of set?.selections ?? []) {
    if (node.kind === Kind.FIELD) {
      const nodes = found.get(node.name.value);
      if (nodes === undefined) found.set(node.name.value, [node]);
      else nodes.push(node);
    } else if (node.kind === Kind.INLINE_FRAGMENT) namesIn(node.selectionSet, info, found);
    else namesIn(info.fragments[node.name.value]?.selectionSet, info, found);
  }
}

function fieldsOf(nodes: readonly FieldNode[], info: GraphQLResolveInfo): Map<string, FieldNode[]> {
  const found = new Map<string, FieldNode[]>();
  for (const node of nodes) namesIn(node.selectionSet, info, found);
  return found;
}

export interface ConnectionSelection {
  /** False when only totalCount is asked for. */
  items: boolean;
  totalCount: boolean;
  /** Names of the fields asked of each item. */
  fields: ReadonlySet<string>;
}

const cache = new WeakMap<FieldNode, ConnectionSelection>();

/** What a caller asked of a connection, so that the list reads that and no more; computed once per document. */
export function connectionSelection(info: GraphQLResolveInfo): ConnectionSelection {
  const key = info.fieldNodes[0];
  const known = key && cache.get(key);
  if (known !== undefined) return known;
  const top = fieldsOf(info.fieldNodes, info);
  const edges = fieldsOf(top.get('edges') ?? [], info);
  const fields = fieldsOf([...(top.get('nodes') ?? []), ...(edges.get('node') ?? [])], info);
  const items = top.has('nodes') || top.has('edges') || top.has('pageInfo');
  const selection = { items, totalCount: top.has('totalCount'), fields: new Set(fields.keys()) };
  if (key !== undefined) cache.set(key, selection);
  return selection;
}

/** Names of the fields asked of a single object. */
export function objectSelection(info: GraphQLResolveInfo): ReadonlySet<string> {
  return new Set(fieldsOf(info.fieldNodes, info).keys());
}
