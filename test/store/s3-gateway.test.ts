import { afterAll } from 'vitest';
import { type S3Emulator, startS3Emulator } from '../support/s3-emulator.js';
import { bucketAt } from '../support/s3-store.js';
import { gatewayOnS3 } from './s3-gateway.js';

let emulator: S3Emulator | null = null;
afterAll(async () => emulator?.stop());

gatewayOnS3('an emulated object storage', async () => {
  emulator ??= await startS3Emulator();
  return bucketAt(emulator.url, emulator.credentials);
});
