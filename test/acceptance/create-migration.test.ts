import { execFile } from 'node:child_process';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATABASE, openEmptyDatabase, type TestedDatabase } from '../support/database.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temp-folder.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const MIGRATIONS = 'src/platform/database/migrations';
/** The new property, and the one below which it is written. */
const HOMEPAGE = 'homepage: p.string().length(1024).nullable(),';
const OWNER_NOTE = "ownerNote: p.string().length(128).default(''),";

interface Outcome {
  code: number;
  output: string;
}

/** A copy of the project in which migrations are made, and a database to try them on. */
let copy: TemporaryFolder;
let opened: TestedDatabase;
let triggersBefore: unknown[];

beforeAll(async () => {
  copy = await temporaryFolder();
  for (const path of ['src', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'dist/modules']) {
    await cp(join(project, path), join(copy.path, path), { recursive: true, preserveTimestamps: true });
  }
  // `npm test` has built what is copied.
  await writeFile(join(copy.path, 'dist/.modules-built'), '');
  await symlink(join(project, 'node_modules'), join(copy.path, 'node_modules'));
  opened = await openEmptyDatabase();
  const { code, output } = await migrate('up');
  if (code !== 0) throw new Error(output);
  triggersBefore = await triggers();
});
afterAll(async () => {
  await opened?.close();
  await copy?.remove();
});

function run(...args: string[]): Promise<Outcome> {
  const { target } = opened;
  const env = { ...process.env, DATABASE_URL: target.kind === 'sqlite' ? `sqlite:${target.path}` : target.url };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: copy.path, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

function migrate(...args: string[]): Promise<Outcome> {
  return run('scripts/migrate.js', ...args);
}

/** As the build does, but for the fields that the compiler demands for a new property: here it is about the table alone. */
async function compile(): Promise<void> {
  expect(await run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noCheck')).toMatchObject({ code: 0 });
  await writeFile(join(copy.path, 'dist/.modules-built'), '');
}

async function edit(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(copy.path, path), 'utf8');
  expect(text).toContain(from);
  await writeFile(join(copy.path, path), text.replace(from, to));
}

function written(kind: string, file: string): Promise<string> {
  return readFile(join(copy.path, MIGRATIONS, kind, file), 'utf8');
}

function rows(statement: string): Promise<Record<string, unknown>[]> {
  return opened.database.em.getConnection().execute(statement);
}

/** SQLite's, where moving a column makes some of them again. */
async function triggers(): Promise<unknown[]> {
  return DATABASE === 'sqlite' ? rows("select name, sql from sqlite_master where type = 'trigger' order by name") : [];
}

async function lastColumnOfImage(): Promise<unknown> {
  const columns = await rows(DATABASE === 'sqlite'
    ? "select name from pragma_table_info('image')"
    : "select column_name as name from information_schema.columns where table_name = 'image' order by ordinal_position");
  return columns.at(-1)?.['name'];
}

describe('npm run migrate -- create', () => {
  it('explains itself', async () => {
    const { code, output } = await migrate('--help');
    expect(code).toBe(0);
    expect(output).toContain('create NAME');
  });

  it.each([
    ['OwnerNote', '"OwnerNote" cannot name a migration; accepted: words of lower-case letters'],
    ['2026-11-27-owner-note', 'without a date'],
    ['../owner-note', '"../owner-note" cannot name a migration'],
    ['migration', 'taken by the class that all migrations extend'],
    ['image-list', `taken by ${MIGRATIONS}/sqlite/2026-11-27-image-list.ts`],
    ['owner-note', 'Nothing is written: the entities describe the same tables'],
  ])('refuses %s while no entity has changed', async (name, message) => {
    const { code, output } = await migrate('create', name);
    expect(code).toBe(1);
    expect(output).toContain(message);
  });

  it('refuses a command that there is not', async () => {
    const { code, output } = await migrate('create');
    expect(code).toBe(1);
    expect(output).toContain('"create" is not a migrate command.');
  });

  it('refuses a column that rows which exist have no value for', async () => {
    await edit('src/images/image.entity.ts', HOMEPAGE, `${HOMEPAGE}\n    ownerNote: p.string().length(128),`);
    const { code, output } = await migrate('create', 'owner-note');
    expect(code).toBe(1);
    expect(output).toContain('image.owner_note may not be null and has no default');
    await edit('src/images/image.entity.ts', '\n    ownerNote: p.string().length(128),', '');
  });

  it('writes a migration for each database, which makes what the entities describe', { timeout: 180_000 }, async () => {
    await edit('src/images/image.entity.ts', HOMEPAGE, `${HOMEPAGE}\n    ${OWNER_NOTE}`);
    expect(await migrate('create', 'owner-note')).toMatchObject({ code: 0 });

    const file = `${new Date().toISOString().slice(0, 10)}-owner-note`;
    for (const kind of ['sqlite', 'postgres']) {
      expect(await written(kind, `${file}.ts`)).toContain(`/** Adds image.owner_note. */\nexport class OwnerNote extends Migration {\n\n  override name = '${file}';`);
      expect(await written(kind, 'index.ts')).toMatch(new RegExp(`import \\{ OwnerNote \\} from './${file}.js';\n[^]*, OwnerNote\\];\n$`));
    }
    await compile();
    expect((await migrate('up')).output).toContain(`applied  ${file}`);
    expect(await rows('select owner_note from image')).toEqual([]);
    expect(await lastColumnOfImage()).toBe(DATABASE === 'sqlite' ? 'manifest' : 'owner_note');
    expect(await triggers()).toEqual(triggersBefore);
    expect((await migrate('create', 'owner-note-again')).output).toContain('Nothing is written');
  });
});
