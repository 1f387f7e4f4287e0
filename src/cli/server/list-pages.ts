/** A page as every connection of the graph has it. */
export interface Page<Node> {
  nodes: readonly Node[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

export interface Listed<Node> {
  rows: Node[];
  /** Whether the list goes on beyond the limit. */
  hasMore: boolean;
}

/** The largest page that the gateway answers. */
const LARGEST_PAGE = 200;

/** Reads page after page until the list ends or `limit` rows are there. */
export async function listPages<Node>(limit: number, readPage: (page: { first: number; after: string | null }) => Promise<Page<Node>>): Promise<Listed<Node>> {
  const rows: Node[] = [];
  let after: string | null = null;
  for (;;) {
    const first = Math.min(LARGEST_PAGE, limit - rows.length);
    const { nodes, pageInfo }: Page<Node> = await readPage({ first, after });
    rows.push(...nodes.slice(0, first));
    if (!pageInfo.hasNextPage || pageInfo.endCursor === null) return { rows, hasMore: false };
    if (rows.length >= limit) return { rows, hasMore: true };
    after = pageInfo.endCursor;
  }
}

/** The beginning of a list that the gateway answers as a whole. */
export function beginningOf<Row>(rows: readonly Row[], limit: number): Listed<Row> {
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit };
}
