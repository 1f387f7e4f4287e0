import { Client } from 'pg';

/** Longer than a server that is busy takes, and short enough for whoever waits for a start. */
const CONNECT_TIMEOUT_MS = 8000;

/** Connects once, before anything else is made, so that a database that is not there is told at once. Throws what the driver throws. */
export async function reachPostgres(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, application_name: 'image-gateway' });
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end().catch(() => undefined);
  }
}
