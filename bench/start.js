import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildOrStop } from '../scripts/build.js';
import { begin } from '../scripts/project.js';
import { fill } from './fill.js';
import { end, startGateway } from './servers.js';

begin('node bench/start.js [images]: how long the gateway takes from the start of its process until /readyz says so, with 100,000 images.');

const images = Number(process.argv[2] ?? 100_000);
await buildOrStop();
const folder = await mkdtemp(join(tmpdir(), 'image-gateway-start-'));
await end(await startGateway(folder));
fill(join(folder, 'gateway.sqlite'), { images });
const times = [];
for (let run = 0; run < 5; run += 1) {
  const begun = performance.now();
  const server = await startGateway(folder);
  while ((await fetch(`${server.url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 5));
  times.push(Math.round(performance.now() - begun));
  await end(server);
}
await rm(folder, { recursive: true });
console.log(`Ready after ${times.toSorted((a, b) => a - b)[2]} ms, the median of ${times.join(', ')}, with ${images} images.`);
