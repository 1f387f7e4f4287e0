import { gatewayOnS3 } from '../store/s3-gateway.js';
import { realBucket } from '../support/s3-store.js';

gatewayOnS3('an object storage', async () => realBucket());
