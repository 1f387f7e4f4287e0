/** Characters of the id of an operation, which each of its answers repeats. */
const LONGEST_ID = 200;
const FROM_SERVERS = ['connection_ack', 'next', 'error'];

/** Of what a client sends to connect only its sign-in is read; the rest must not take memory for as long as the socket is open. */
function signInOf(payload: object): Record<string, string> {
  const signIn = Object.entries(payload).find(([name, value]) => name.toLowerCase() === 'authorization' && typeof value === 'string');
  return signIn === undefined ? {} : { authorization: signIn[1] as string };
}

/**
 * Reads a message of graphql-transport-ws. One that only servers send, or whose id is too long, is as bad as one of no type: the
 * socket is closed with 4400, where graphql-ws by itself would take it for a fault of ours (4500, and a stack on stderr).
 */
export function readClientMessage(key: string, value: unknown): unknown {
  if (key !== '' || typeof value !== 'object' || value === null) return value;
  const { id, type, payload } = value as { id?: unknown; type?: unknown; payload?: unknown };
  if (typeof id === 'string' && id.length > LONGEST_ID) throw new Error(`The id of an operation has at most ${LONGEST_ID} characters.`);
  if (FROM_SERVERS.some((one) => one === type)) throw new Error('Only servers send this type of message.');
  const isSignIn = type === 'connection_init' && typeof payload === 'object' && payload !== null;
  return isSignIn && !Array.isArray(payload) ? { type, payload: signInOf(payload) } : value;
}
