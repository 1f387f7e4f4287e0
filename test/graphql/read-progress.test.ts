import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { ReadProgress } from '../../src/graphql/server/read-progress.js';

it('tells a reader that reads slowly from one that reads nothing', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reader = connect((server.address() as { port: number }).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  const progress = new ReadProgress(socket);
  reader.pause();
  // More than the buffers of both ends hold.
  for (let at = 0; at < 500; at += 1) socket.write(Buffer.alloc(64 * 1024));
  while (!progress.isStalled()) await new Promise((resolve) => setImmediate(resolve));
  reader.resume();
  const { writableLength } = socket;
  await expect.poll(() => socket.writableLength, { timeout: 10_000 }).toBeLessThan(writableLength);
  expect(progress.isStalled()).toBe(false);
  reader.destroy();
  socket.destroy();
  server.close();
});

it('has none where the connection is gone', () => {
  const progress = new ReadProgress(null);
  expect(Array.from({ length: 5 }, () => progress.isStalled())).toEqual([false, false, false, false, true]);
});
