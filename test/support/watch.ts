import type { TestClient } from './gateway.js';

export interface Watch {
  /** The data of each event so far, without those of the probes. */
  events(): Record<string, any>[]; // oxlint-disable-line typescript/no-explicit-any -- events are as varied as queries
  /** Resolves once that many events have come. */
  count(wanted: number): Promise<void>;
  stop(): Promise<void>;
}

const PROBE = /"probe-\d+"/;
let probes = 0;

/**
 * Follows a subscription. It is known to have begun once an event of a probe has come: `probe` changes something of the
 * given name, which the events tell, until one does.
 */
export async function watch(client: TestClient, query: string, probe: (name: string) => Promise<void>): Promise<Watch> {
  const socket = client.socket();
  const events: Record<string, any>[] = []; // oxlint-disable-line typescript/no-explicit-any -- see above
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  socket.subscribe({ query }, { next: (event) => void events.push(event as never), error: failure.reject, complete: () => undefined });
  const arrived = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) await Promise.race([failure.promise, new Promise((resolve) => setTimeout(resolve, 10))]);
  };
  for (let last = ''; last === '' || !events.some((event) => JSON.stringify(event).includes(last)); ) {
    probes += 1;
    last = `"probe-${probes}"`;
    await probe(`probe-${probes}`);
    const until = performance.now() + 200;
    await arrived(() => events.some((event) => JSON.stringify(event).includes(last)) || performance.now() > until);
  }
  const told = (): Record<string, any>[] => events.filter((event) => !PROBE.test(JSON.stringify(event))).map(({ data }) => data); // oxlint-disable-line typescript/no-explicit-any -- see above
  return {
    events: told,
    count: async (wanted) => arrived(() => told().length >= wanted),
    stop: async () => void (await socket.dispose()),
  };
}
