// Runs in a worker thread. It imports no other file of ours and uses erasable syntax only, so that Node can start it from the source
// as well as from the build.
import { createHash, type Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

const port = parentPort;
if (port === null) throw new Error('hash-worker runs in a worker thread only');
const { algorithms, memory, blockSize } = workerData as { algorithms: string[]; memory: SharedArrayBuffer; blockSize: number };

let hashes: Hash[] = newHashes();

// Hashes a block of the shared memory and returns its number; the sender must not write to the block before that.
port.on('message', (message: { block: number; length: number } | 'digest' | 'reset') => {
  if (typeof message === 'object') {
    const bytes = new Uint8Array(memory, message.block * blockSize, message.length);
    for (const hash of hashes) hash.update(bytes);
    port.postMessage(message.block);
    return;
  }
  if (message === 'digest') port.postMessage(Object.fromEntries(hashes.map((hash, at) => [algorithms[at], hash.digest('hex')])));
  hashes = newHashes();
});

function newHashes(): Hash[] {
  return algorithms.map((algorithm) => createHash(algorithm));
}
