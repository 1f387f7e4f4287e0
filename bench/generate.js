import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildOrStop } from '../scripts/build.js';
import { begin, built, stop } from '../scripts/project.js';
import { writePostgres, writeSqlite } from './bulk-writer.js';
import { SIZES, tablesOf } from './catalogue-rows.js';

const usage = `node bench/generate.js SIZE [--folder FOLDER | --database postgres://…]: makes a catalogue to measure with, always the same one:
${Object.entries(SIZES).map(([name, size]) => `  ${name.padEnd(7)} ${size.images} images in ${size.datacenters} datacenters, ${size.users} users, ${size.servers * 4} disks of ${size.servers} servers, ${size.offers} images of a repository`).join('\n')}
--folder    where gateway.sqlite is made (default ./data/SIZE), to be used as DATA_DIR
--database  an empty Postgres database instead; its role must be a superuser, so that constraints wait
Users to sign in as (npm run token): admin, a SuperAdmin; plain, in no group; dcadmin of main; imageadmin of main, few and dc-3; manyadmin, ImageAdmin
of half of the datacenters; tenant, in no group. All images are attached to main, five to few, the PRIVATE ones to closed, of which five are tenant's.`;

/** Makes the catalogue of that size; answers what the gateway takes as its database. */
export async function generate(sizeName, target, report) {
  const { openDatabase, migrate } = await built('platform/database/database.js');
  const { ENTITIES } = await built('entities.js');
  const { prepareFirstStart } = await built('first-start.js');
  const database = await openDatabase(target, ENTITIES);
  await migrate(database);
  const isEmpty = (await prepareFirstStart(database)) !== null;
  await database.close(true);
  if (!isEmpty) throw new Error('The database is not empty; give one that is.');
  const tables = tablesOf(SIZES[sizeName]);
  if (target.kind === 'sqlite') await writeSqlite(target.path, tables, report);
  else await writePostgres(target.url, tables, report);
}

if (import.meta.main) {
  begin(usage);
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { folder: { type: 'string' }, database: { type: 'string' } } });
  const [size] = positionals;
  if (!(size in SIZES) || positionals.length !== 1) stop(usage);
  await buildOrStop();
  const folder = values.folder ?? join('data', size);
  if (values.database === undefined) await mkdir(folder, { recursive: true });
  const began = performance.now();
  const report = (text) => console.error(`${((performance.now() - began) / 1000).toFixed(1)} s  ${text}`);
  const target = values.database === undefined ? { kind: 'sqlite', path: join(folder, 'gateway.sqlite') } : { kind: 'postgres', url: values.database };
  await generate(size, target, report).catch((error) => stop(error.message));
}
