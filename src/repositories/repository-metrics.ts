import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../platform/database/database.js';
import { shareRead } from '../platform/metrics.js';
import { readObjects } from '../platform/database/read/read-rows.js';
import { sqlText } from '../platform/database/sql-text.js';
import type { RowOf } from '../platform/database/tables.js';

type RepositoryRow = RowOf<'image_repository', 'r.name' | 'r.status' | 'r.last_update' | 'r.image_count'>;

/** The age and length of each repository's list, and whether its last refresh failed. */
export function registerRepositoryMetrics(registry: Registry, database: Database): void {
  const forget = (): void => {
    for (const gauge of [age, failed, images]) gauge.reset();
  };
  const collect = shareRead(async () => {
    const statement = sqlText`select r.name, r.status, r.last_update, r.image_count from image_repository r where not r.retired`;
    const rows = await readObjects<RepositoryRow>(database.em.fork(), statement);
    forget();
    for (const { name, status, last_update: refreshedAt, image_count: count } of rows) {
      failed.labels(name).set(status === 'FAILED' ? 1 : 0);
      images.labels(name).set(count);
      if (refreshedAt !== null) age.labels(name).set((Date.now() - Number(refreshedAt)) / 1000);
    }
  }, forget);
  const common = { labelNames: ['repository'] as const, registers: [registry], collect };
  const age = new Gauge({ ...common, name: 'gateway_repository_age_seconds', help: 'Seconds since the last successful load; no value before the first.' });
  const failed = new Gauge({ ...common, name: 'gateway_repository_failed', help: '1 when the last load of the repository failed, else 0.' });
  const images = new Gauge({ ...common, name: 'gateway_repository_images', help: 'Images in the list of the repository.' });
}
