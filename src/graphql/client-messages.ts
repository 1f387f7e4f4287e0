const FROM_SERVERS = ['connection_ack', 'next', 'error'];

/**
 * Reads a message of graphql-transport-ws. One that only servers send is as bad as one of no type: the socket is closed
 * with 4400, where graphql-ws by itself would take it for a fault of ours (4500, and a stack on stderr).
 */
export function readClientMessage(key: string, value: unknown): unknown {
  if (key !== '' || typeof value !== 'object' || value === null) return value;
  const { type } = value as { type?: unknown };
  if (FROM_SERVERS.some((one) => one === type)) throw new Error('Only servers send this type of message.');
  return value;
}
