/** The first circle that the arrows form, as the walk around it; empty when there is none. */
export function cycleAmong(arrows: readonly { from: string; to: string }[]): string[] {
  const targets = Map.groupBy(arrows, ({ from }) => from);
  const done = new Set<string>();
  const walk: string[] = [];

  function visit(node: string): string[] {
    const seenAt = walk.indexOf(node);
    if (seenAt !== -1) return [...walk.slice(seenAt), node];
    if (done.has(node)) return [];
    walk.push(node);
    for (const { to } of targets.get(node) ?? []) {
      const circle = visit(to);
      if (circle.length > 0) return circle;
    }
    walk.pop();
    done.add(node);
    return [];
  }

  for (const node of targets.keys()) {
    const circle = visit(node);
    if (circle.length > 0) return circle;
  }
  return [];
}
