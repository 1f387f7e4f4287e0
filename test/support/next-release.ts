import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SCHEMA_VERSION } from '../../src/platform/database/schema/schema-version.js';
import { type TemporaryFolder, temporaryFolder } from './temp-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MIGRATION = '2099-01-01-expand';
const BUNDLE = "await (await import('./scripts/bundle.js')).bundle();";

/** What the migration of the next release does: it expands, as CONTRIBUTING.md says. */
const EXPAND: Record<'sqlite' | 'postgres', readonly string[]> = {
  postgres: [
    'alter table "task" add "next_rank" int not null default 7, add "next_note" text null;',
    'alter table "image" add "next_note" text null;',
    'alter table "datacenter" add "next_rank" int not null default 7;',
    'create table "next_thing" ("id" serial primary key, "image_id" int null references "image" ("id") on delete set null, "text" text not null);',
    'create index "next_thing_index" on "image" ("next_note", "id");',
  ],
  sqlite: [
    'alter table `task` add column `next_rank` integer not null default 7;',
    'alter table `task` add column `next_note` text null;',
    'alter table `image` add column `next_note` text null;',
    'alter table `datacenter` add column `next_rank` integer not null default 7;',
    'create table `next_thing` (`id` integer not null primary key autoincrement, `image_id` integer null references `image` (`id`) on delete set null, `text` text not null);',
    'create index `next_thing_index` on `image` (`next_note`, `id`);',
  ],
};
/** What the migration of a later release does, which contracts; the next one can work with that database, this one cannot. */
export const CONTRACT = `update schema_compatibility set minimum_version = ${SCHEMA_VERSION + 1};`;

/** Where the program of a release lies: `root` of GatewayProcess.start. */
export interface Release extends AsyncDisposable {
  root: string;
}

/**
 * Builds the release after this one: the same sources with a further migration, an entity that has its column, and a higher version of
 * the schema that it knows.
 */
export async function buildNextRelease(): Promise<Release> {
  const folder: TemporaryFolder = await temporaryFolder();
  const at = (...names: string[]): string => join(folder.path, ...names);
  for (const name of ['src', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']) await cp(join(ROOT, name), at(name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), at('node_modules'));
  await mkdir(at('dist'));
  for (const database of ['sqlite', 'postgres'] as const) {
    await addMigration(at('src/platform/database/migrations', database), EXPAND[database]);
  }
  await replaceIn(at('src/tasks/task.entity.ts'), 'attempts: p.integer().default(0),', 'attempts: p.integer().default(0),\n    nextRank: p.integer().default(7),');
  await replaceIn(at('src/platform/database/schema/schema-version.ts'), `SCHEMA_VERSION = ${SCHEMA_VERSION};`, `SCHEMA_VERSION = ${SCHEMA_VERSION + 1};`);
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', BUNDLE], { cwd: folder.path });
  return { root: folder.path, [Symbol.asyncDispose]: folder.remove };
}

async function addMigration(folder: string, statements: readonly string[]): Promise<void> {
  const steps = statements.map((statement) => `    this.addSql(${JSON.stringify(statement)});`);
  const source = ["import { Migration } from '@mikro-orm/migrations';", 'export class Expand extends Migration {', `  override name = '${MIGRATION}';`, '  override up(): void | Promise<void> {', ...steps, '  }', '}', ''];
  await writeFile(join(folder, `${MIGRATION}.ts`), source.join('\n'));
  const index = join(folder, 'index.ts');
  await replaceIn(index, '];', ', Expand];');
  await writeFile(index, `import { Expand } from './${MIGRATION}.js';\n${await readFile(index, 'utf8')}`);
}

async function replaceIn(path: string, text: string, by: string): Promise<void> {
  const before = await readFile(path, 'utf8');
  if (before.split(text).length !== 2) throw new Error(`${path} does not have "${text}" once.`);
  await writeFile(path, before.replace(text, by));
}
