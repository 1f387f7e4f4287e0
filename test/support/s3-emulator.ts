import { startFauxqs } from 'fauxqs';
import { freePort } from '../../src/platform/http/http.js';

/** An S3 server in this process, for the plain ways. */
export interface S3Emulator {
  /** As in IMAGE_STORE; the bucket is there. */
  url: string;
  credentials: Record<string, string>;
  stop: () => Promise<void>;
}

const BUCKET = 'image-gateway-tests';

/**
 * Starts an emulator. What it cannot show: it takes any key and any signature, compares no checksum and no condition, and lists neither
 * uploads nor parts, so that nothing of an interrupted upload can be taken over. `npm run test:s3` shows all of that.
 */
export async function startS3Emulator(): Promise<S3Emulator> {
  const port = await freePort('127.0.0.1');
  const server = await startFauxqs({ port, host: '127.0.0.1', logger: false });
  server.createBucket(BUCKET);
  return {
    url: `s3://${BUCKET}/?endpoint=http://127.0.0.1:${port}&pathStyle=true`,
    credentials: { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    stop: async () => server.stop(),
  };
}
