import { statfs } from 'node:fs/promises';
import { Gauge, type Registry } from 'prom-client';
import { shareRead } from './metrics.js';

/** Room on the file systems of some folders. A folder that is missing, or a mount that does not answer, has no value. */
export function registerDiskMetrics(registry: Registry, folders: Readonly<Record<string, string>>): void {
  const forget = (): void => {
    for (const gauge of [free, size]) gauge.reset();
  };
  const measure = async ([folder, path]: [string, string]): Promise<void> => {
    const stats = await statfs(path).catch(() => null);
    if (stats === null) return;
    // What this user may still write; the rest is for the system's administrator.
    free.labels(folder).set(stats.bavail * stats.bsize);
    size.labels(folder).set(stats.blocks * stats.bsize);
  };
  const collect = shareRead(async () => {
    forget();
    await Promise.all(Object.entries(folders).map(measure));
  }, forget);
  const common = { labelNames: ['folder'] as const, registers: [registry], collect };
  const free = new Gauge({ ...common, name: 'gateway_disk_free_bytes', help: 'Bytes that the gateway can still write where the folder is: data (DATA_DIR) or store (IMAGE_STORE).' });
  const size = new Gauge({ ...common, name: 'gateway_disk_size_bytes', help: 'Size of the file system of the folder.' });
}

/** Whether something that the gateway needs answers: 1 or 0, asked at most every `everyMs`. */
export function registerAvailability(registry: Registry, { name, help, everyMs, check }: { name: string; help: string; everyMs: number; check: () => Promise<unknown> }): void {
  const set = (value: number) => (): void => gauge.set(value);
  const collect = shareRead(async () => check().then(set(1), set(0)), set(0), everyMs);
  const gauge = new Gauge({ name, help, registers: [registry], collect });
}
