const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** The trace id of a W3C `traceparent` header; undefined if the header is missing or malformed. */
export function traceIdOf(traceparent: string | string[] | undefined): string | undefined {
  const id = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
  return id === '0'.repeat(32) ? undefined : id;
}
