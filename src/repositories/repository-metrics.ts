import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../platform/database/database.js';
import { sharedReading } from '../platform/metrics.js';
import { readObjects } from '../platform/database/read/read-rows.js';
import { sqlText } from '../platform/database/sql-text.js';

interface RepositoryRow {
  name: string;
  status: string;
  last_update: number | string | null;
  image_count: number;
}

/** How old the list of each configured repository is, and whether its last load failed. */
export function registerRepositoryMetrics(registry: Registry, database: Database): void {
  const collect = sharedReading(async () => {
    const statement = sqlText`select name, status, last_update, image_count from image_repository where not retired`;
    const rows = await readObjects<RepositoryRow>(database.em.fork(), statement);
    for (const gauge of [age, failed, images]) gauge.reset();
    for (const { name, status, last_update: loadedAt, image_count: count } of rows) {
      failed.labels(name).set(status === 'FAILED' ? 1 : 0);
      images.labels(name).set(count);
      if (loadedAt !== null) age.labels(name).set((Date.now() - Number(loadedAt)) / 1000);
    }
  });
  const common = { labelNames: ['repository'] as const, registers: [registry], collect };
  const age = new Gauge({ ...common, name: 'gateway_repository_age_seconds', help: 'Seconds since the last successful load; no value before the first.' });
  const failed = new Gauge({ ...common, name: 'gateway_repository_failed', help: '1 when the last load of the repository failed, else 0.' });
  const images = new Gauge({ ...common, name: 'gateway_repository_images', help: 'Images in the list of the repository.' });
}
