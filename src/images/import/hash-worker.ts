// Runs in a worker thread. Imports nothing of ours and uses erasable syntax only, so that Node starts it from the
// source as well as from the build.
import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

const port = parentPort;
if (port === null) throw new Error('hash-worker runs in a worker thread only');

let size = 0;
let hashes: [Hash, Hash, Hash] = newHashes();

// Bytes are hashed and acknowledged by their count, so that the sender can bound what is under way.
port.on('message', (message: Uint8Array | 'digest' | 'reset') => {
  if (message instanceof Uint8Array) {
    for (const hash of hashes) hash.update(message);
    size += message.length;
    port.postMessage(message.length);
    return;
  }
  if (message === 'digest') {
    const [sha1, sha256, md5] = hashes.map((hash) => hash.digest('hex'));
    port.postMessage({ size, sha1, sha256, md5 });
  }
  size = 0;
  hashes = newHashes();
});

function newHashes(): [Hash, Hash, Hash] {
  return [createHash('sha1'), createHash('sha256'), createHash('md5')];
}
