import { pathToFileURL } from 'node:url';
import { buildOrStop } from './build.js';
import { begin, installTestPackages, pathOf } from './project.js';

begin(`npm run test:s3 [-- vitest arguments]: the tests of the image store on a real object storage.
  TEST_S3_URL=s3://BUCKET/PREFIX?endpoint=URL   written like IMAGE_STORE; the bucket must be there, and the tests write below the prefix.
                                                Credentials as for the gateway: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY …
Without it, they start Ceph's radosgw from Debian packages, which apt-get downloads and nothing installs.`);
await installTestPackages();
await buildOrStop();
process.env.TEST_S3 = 'on';
// In this process, so that Ctrl-C and SIGTERM reach vitest, which then stops the server.
process.argv.splice(2, 0, 'run');
await import(pathToFileURL(pathOf('node_modules', 'vitest', 'vitest.mjs')).href);
