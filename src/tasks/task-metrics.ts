import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../platform/database/database.js';
import { shareRead } from '../platform/metrics.js';
import { readObjects } from '../platform/database/read/read-rows.js';
import { sqlText } from '../platform/database/sql-text.js';

/** States of a task that has not ended. */
const OPEN = ['PENDING', 'RUNNING'] as const;

interface TaskTotals {
  action: string;
  status: string;
  error_code: string | null;
  total: number | string;
  bytes: number | string | null;
}

/** Tasks by action, status and outcome, and the bytes they moved: counted in the database, so the same for every process. */
export function registerTaskMetrics(registry: Registry, database: Database): void {
  const registers = [registry];
  const forget = (): void => {
    for (const gauge of [tasks, open, failed, bytes]) gauge.reset();
  };
  const collect = shareRead(async () => {
    const statement = sqlText`select action, status, error_code, count(*) as total, sum(bytes_done) as bytes from task group by action, status, error_code`;
    const rows = await readObjects<TaskTotals>(database.em.fork(), statement);
    forget();
    // Always there, so that a change from none is one.
    for (const status of OPEN) open.labels(status).set(0);
    failed.set(0);
    for (const { action, status, error_code: code, total, bytes: moved } of rows) {
      tasks.labels(action, status, code ?? 'OK').set(Number(total));
      bytes.labels(action).inc(Number(moved ?? 0));
      if (OPEN.some((one) => one === status)) open.labels(status).inc(Number(total));
      if (status === 'FAILED') failed.inc(Number(total));
    }
  }, forget);
  const tasks = new Gauge({
    name: 'gateway_tasks',
    help: 'Tasks in the log, by action, status and the code of the error they ended with (OK: none).',
    labelNames: ['action', 'status', 'outcome'],
    registers,
    collect,
  });
  const open = new Gauge({ name: 'gateway_tasks_open', help: 'Tasks that have not ended, by status: PENDING waits, RUNNING is worked on.', labelNames: ['status'], registers, collect });
  const failed = new Gauge({ name: 'gateway_tasks_failed', help: 'Tasks in the log that have failed.', registers, collect });
  const bytes = new Gauge({ name: 'gateway_task_bytes', help: 'Bytes that the tasks in the log have downloaded or hashed.', labelNames: ['action'], registers, collect });
}
