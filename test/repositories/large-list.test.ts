import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createRefreshWorld } from './refresh-world.js';

const ENTRIES = 50_000;

/** Written entry by entry, so that the server itself adds nothing to what is measured. */
function manifestText(at: number, version: number): string {
  const uuid = `00000000-0000-4000-8000-${at.toString(16).padStart(12, '0')}`;
  const sha1 = at.toString(16).padStart(40, '0');
  return `{"v":2,"uuid":"${uuid}","owner":"00000000-0000-0000-0000-000000000000","name":"image-${at}","version":"1.${version}.0","state":"active","disabled":false,"public":true,"published_at":"2026-01-01T00:00:00Z","type":"zone-dataset","os":"smartos","files":[{"sha1":"${sha1}","size":${at + 1},"compression":"gzip"}],"description":"A small image made for a long list, number ${at}"}`;
}

/** Serves so many entries, the first `changed` of them in a second version. */
async function serveList(state: { entries: number; changed: number }) {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    let at = 0;
    const send = (): void => {
      if (at >= state.entries) return void response.end(state.entries === 0 ? '[]' : ']');
      const until = Math.min(at + 100, state.entries);
      let text = '';
      for (; at < until; at += 1) text += `${at === 0 ? '[' : ','}${manifestText(at, at < state.changed ? 2 : 1)}`;
      if (response.write(text)) setImmediate(send);
      else response.once('drain', send);
    };
    send();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

describe('a list of 50,000 images', () => {
  it('is loaded, changed and emptied, with the figures of each step in the output', { timeout: 120_000 }, async () => {
    await using world = await createRefreshWorld();
    const state = { entries: ENTRIES, changed: 0 };
    const server = await serveList(state);
    await world.addRepository({ name: 'large', url: server.url });
    const { service } = world.as(world.operator);
    const step = async (what: string) => {
      const [began, memory, delay] = [performance.now(), process.memoryUsage.rss(), monitorEventLoopDelay({ resolution: 1 })];
      delay.enable();
      const payload = await service.refresh('large');
      delay.disable();
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      const grown = ((process.memoryUsage.rss() - memory) / 2 ** 20).toFixed(0);
      console.log(`${what}: ${seconds} s, longest event-loop delay ${(delay.max / 1e6).toFixed(1)} ms, memory +${grown} MiB`);
      return payload;
    };
    expect(await step('first refresh')).toMatchObject({ added: ENTRIES, skipped: 0, repository: { imageCount: ENTRIES } });
    expect(await step('nothing new')).toMatchObject({ added: 0, changed: 0, removed: 0 });
    state.changed = 5000;
    expect(await step('5000 changed')).toMatchObject({ added: 0, changed: 5000, removed: 0, repository: { imageCount: ENTRIES } });
    expect(await world.storedRows()).toBe(ENTRIES);
    state.entries = 0;
    expect(await step('emptied')).toMatchObject({ removed: ENTRIES, repository: { imageCount: 0 } });
    expect(await world.storedRows()).toBe(0);
    await server.close();
  });
});
