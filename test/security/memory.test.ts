import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readClientMessage } from '../../src/graphql/server/websocket/websocket-protocol.js';
import { GatewayProcess, migratedFolder, TestClient } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

/** Distinct documents of some 7 KB, each often enough to be compiled where that is done. */
const DOCUMENTS = 100;
const TIMES = 3;
const AT_ONCE = 4;

let folder: TemporaryFolder;
let gateway: GatewayProcess;
let admin: TestClient;

beforeAll(async () => {
  folder = await migratedFolder();
  // V8 ends a process whose heap grows beyond this.
  gateway = await GatewayProcess.start(folder.path, { NODE_OPTIONS: '--max-old-space-size=128' });
  admin = new TestClient(gateway.url, gateway.firstKey);
});
afterAll(async () => {
  await gateway?.stop();
  await folder?.remove();
});

const LISTS = 20;

function documentOf(number: number): string {
  const lists = Array.from({ length: LISTS }, (_, at) => `list_of_images_${number}_${at}: usableImages(first: 1) { nodes { uuid name alias version owner { username } datacenters { name alias } } pageInfo { hasNextPage } }`);
  return `query Report${number} { ${lists.join(' ')} } # ${' '.repeat(Math.max(0, 7000 - lists.join(' ').length))}`;
}

describe('a caller that sends ever new documents', () => {
  it('does not make the process grow without end', { timeout: 180_000 }, async () => {
    const queue = Array.from({ length: DOCUMENTS }, (_, at) => documentOf(at));
    const work = async (): Promise<void> => {
      for (let query = queue.pop(); query !== undefined; query = queue.pop()) {
        for (let time = 0; time < TIMES; time += 1) await admin.run(query);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(gateway.child.exitCode).toBeNull();
    expect(await admin.run('{ viewer { user { username } } }')).toEqual({ viewer: { user: { username: 'admin' } } });
  });
});

describe('a caller that connects', () => {
  it('leaves nothing in memory but its sign-in', () => {
    const payload = { Authorization: 'Bearer x', junk: 'y'.repeat(200_000), list: Array(1000).fill(0) };
    expect(JSON.parse(JSON.stringify({ type: 'connection_init', payload }), readClientMessage)).toEqual({ type: 'connection_init', payload: { authorization: 'Bearer x' } });
  });
});
