import { createRequire } from 'node:module';
import { DatabaseSync } from 'node:sqlite';

const BATCH_ROWS = 5000;
const INDEXED = ['image', 'image_attachment', 'image_tag', 'virtual_server', 'virtual_disk', 'repository_image', 'task'];

function* batches(rows) {
  let batch = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length === BATCH_ROWS) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** Writes tables into a stopped SQLite file: no indexes and no triggers while rows go in, all of them again afterwards. */
export async function writeSqlite(path, tables, report) {
  const db = new DatabaseSync(path);
  db.exec('pragma foreign_keys = off; pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -400000; pragma locking_mode = exclusive; begin');
  const dropped = db.prepare(`select type, name, sql from sqlite_master where sql is not null and type in ('index', 'trigger') and tbl_name in (${INDEXED.map((name) => `'${name}'`).join()})`).all();
  for (const { type, name } of dropped) db.exec(`drop ${type} ${name}`);
  for (const [table, rows] of tables) {
    let statement = null;
    let count = 0;
    for (const row of rows) {
      const columns = Object.keys(row);
      statement ??= db.prepare(`insert into ${table} (${columns.join()}) values (${columns.map(() => '?').join()})`);
      statement.run(...Object.values(row).map((value) => (typeof value === 'boolean' ? Number(value) : value)));
      count += 1;
    }
    report(`${table}: ${count} rows`);
  }
  for (const [table, text] of [['image', 'search_text'], ['repository_image', 'search_text'], ['virtual_server', 'lower(hostname)']]) {
    db.exec(`insert into ${table}_search (rowid, search_text) select id, ${text} || char(10, 10) from ${table}`);
    // One piece, as the gateway leaves it after a while.
    db.exec(`insert into ${table}_search (${table}_search) values ('optimize')`);
  }
  report('search indexes');
  for (const { sql } of dropped) db.exec(sql);
  report('indexes');
  db.exec('commit; analyze; pragma journal_mode = wal');
  db.close();
}

/** The same for a Postgres database, whose role must be a superuser. */
export async function writePostgres(url, tables, report) {
  const require = createRequire(import.meta.url);
  const { Client } = require('pg');
  const client = new Client(url);
  await client.connect();
  await client.query("set session_replication_role = replica; set maintenance_work_mem = '512MB'; set synchronous_commit = off");
  const { rows: dropped } = await client.query(`select indexname as name, indexdef as sql from pg_indexes where schemaname = current_schema()
    and tablename = any($1) and indexname not in (select conname from pg_constraint)`, [INDEXED]);
  for (const { name } of dropped) await client.query(`drop index "${name}"`);
  for (const [table, rows] of tables) {
    const { rows: described } = await client.query('select column_name as name, data_type as type from information_schema.columns where table_schema = current_schema() and table_name = $1', [table]);
    const types = new Map(described.map(({ name, type }) => [name, type]));
    let count = 0;
    for (const batch of batches(rows)) {
      const columns = Object.keys(batch[0]);
      const lists = columns.map((column, at) => `$${at + 1}::${types.get(column)}[]`);
      const values = columns.map((column) => batch.map((row) => row[column]));
      await client.query(`insert into ${table} (${columns.join()}) select * from unnest(${lists.join()})`, values);
      count += batch.length;
    }
    if (types.get('id') === 'integer') await client.query(`select setval(s, (select max(id) from ${table})) from pg_get_serial_sequence('${table}', 'id') s where s is not null`);
    report(`${table}: ${count} rows`);
  }
  for (const { sql } of dropped) await client.query(sql);
  report('indexes');
  await client.query('vacuum analyze');
  await client.end();
}
