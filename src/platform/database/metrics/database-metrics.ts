import { Gauge, type Registry } from 'prom-client';
import type { Pool } from 'pg';
import { registerAvailability } from '../../disk-metrics.js';
import { shareRead } from '../../metrics.js';
import { type Database, isSqlite } from '../database.js';
import { heavyReadsOf } from '../read/heavy-reads.js';
import { readRows } from '../read/read-rows.js';
import { sqlText } from '../sql-text.js';
import { measureStatements } from './statement-metrics.js';

/** How busy the database is: the times of statements, the searches that run and wait, and on Postgres the connections of this process. */
export function registerDatabaseMetrics(registry: Registry, database: Database): void {
  const registers = [registry];
  measureStatements(registry, database);
  registerAvailability(registry, {
    name: 'gateway_database_up',
    help: '1 when the database has answered a moment ago, else 0.',
    everyMs: 1000,
    check: async () => readRows(database.em.fork(), sqlText`select 1 as answer`),
  });
  const heavy = heavyReadsOf(database.driver);
  if (heavy !== undefined) {
    const searches: Gauge<'state'> = new Gauge({
      name: 'gateway_database_searches',
      help: 'Searches, counts and filtered lists that the database is busy with (running), or that wait for their turn (waiting).',
      labelNames: ['state'],
      registers,
      collect: () => {
        searches.labels('running').set(heavy.running);
        searches.labels('waiting').set(heavy.waiting);
      },
    });
  }
  if (!isSqlite(database.em)) registerPool(registry, database);
}

function registerPool(registry: Registry, database: Database): void {
  const connection = database.em.getConnection() as unknown as { getNativeClient(): Promise<Pool> };
  const collect = shareRead(async () => {
    const { totalCount, idleCount, waitingCount } = await connection.getNativeClient();
    pool.labels('in_use').set(totalCount - idleCount);
    pool.labels('idle').set(idleCount);
    waiting.set(waitingCount);
  }, () => pool.reset());
  const pool = new Gauge({ name: 'gateway_database_connections', help: 'Connections of this process to Postgres, in use or idle; DATABASE_POOL is the most.', labelNames: ['state'], registers: [registry], collect });
  const waiting = new Gauge({ name: 'gateway_database_waiting', help: 'Statements and transactions that wait for a connection to Postgres.', registers: [registry], collect });
}
