import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { TestProject } from 'vitest/node';
import { startRadosgw } from './radosgw.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** As in IMAGE_STORE. */
    s3Url: string;
    /** AWS_ACCESS_KEY_ID and so on. */
    s3Credentials: Record<string, string>;
  }
}

const BUCKET = 'image-gateway-tests';
const CREDENTIALS = /^AWS_/;

/**
 * Gives the run the object storage of TEST_S3_URL, which is written like IMAGE_STORE and whose credentials are in AWS_ACCESS_KEY_ID and so
 * on; without it, a radosgw of its own. Answers what takes it down again.
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['TEST_S3_URL'];
  if (given) {
    project.provide('s3Url', given);
    project.provide('s3Credentials', Object.fromEntries(Object.entries(process.env).filter(([name]) => CREDENTIALS.test(name)).map(([name, value]) => [name, value ?? ''])));
    return undefined;
  }
  const server = await startRadosgw();
  if (server === null && process.env['TEST_S3_OPTIONAL'] !== undefined) {
    console.error('There is no radosgw here, and apt-get cannot download it: these tests are left out.');
    process.exit(0);
  }
  if (server === null) throw new Error('There is no radosgw here, and apt-get cannot download it: set TEST_S3_URL=s3://BUCKET/PREFIX?endpoint=URL to an object storage that the tests may write to, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.');
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
  project.provide('s3Url', `s3://${BUCKET}/?endpoint=${endpoint}&pathStyle=true`);
  project.provide('s3Credentials', { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
  return server.stop;
}
