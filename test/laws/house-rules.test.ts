import { describe, expect, it } from 'vitest';
import { filesUnder, projectFile, withoutComments } from './sources.js';
import type { SourceFile } from './sources.js';

const sources = filesUnder(['src'], ['.ts']);
const everything = filesUnder(['src', 'test', 'scripts', 'graphiql', 'examples', 'bench', 'docs'], ['.ts', '.tsx', '.js', '.sh', '.md', '.graphql', '.json', '.html']);

function offenders(files: readonly SourceFile[], isWrong: (file: SourceFile) => boolean): string[] {
  return files.filter(isWrong).map((file) => file.path);
}

function codeHas(pattern: RegExp): (file: SourceFile) => boolean {
  return (file) => pattern.test(withoutComments(file.text).replace(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, "''"));
}

describe('the house rules', () => {
  it('name files in kebab-case, by what they are about', () => {
    expect(offenders(sources, ({ path }) => !/^src\/([a-z0-9-]+\/)*[a-z0-9-]+(\.[a-z0-9-]+)*\.ts$/.test(path))).toEqual([]);
    // An index.ts would be a barrel; those of the migrations are lists, in the order in which they run.
    const named = sources.filter(({ path }) => !path.startsWith('src/platform/database/migrations/'));
    expect(offenders(named, ({ path }) => /\b(utils?|helpers?|common|manager|index)\b/.test(path))).toEqual([]);
  });

  it('put no more files into a folder than one topic has', () => {
    // Migrations are only ever added.
    const folders = Map.groupBy(sources.filter(({ path }) => !path.includes('/migrations/')), ({ path }) => path.slice(0, path.lastIndexOf('/')));
    expect([...folders].filter(([, files]) => files.length > 16).map(([folder]) => folder)).toEqual([]);
  });

  it('export by name only, and nothing in bulk', () => {
    expect(offenders(sources, codeHas(/^export default\b/m))).toEqual([]);
    expect(offenders(sources, codeHas(/^export \* from\b/m))).toEqual([]);
  });

  it('leave no hole in the types', () => {
    expect(offenders(sources, codeHas(/(:|\bas|<|,|=|\|)\s*any\b/))).toEqual([]);
    expect(offenders(sources, ({ text }) => /@ts-(ignore|nocheck|expect-error)/.test(text))).toEqual([]);
  });

  it('give a constructor four parameters at most', () => {
    const lists = sources.flatMap(({ path, text }) => [...text.matchAll(/\bconstructor\(([^{]*)\)\s*\{/g)].map(([, list = '']) => ({ path, list })));
    expect(lists.filter(({ list }) => list.split(/,\s/).filter((each) => each.trim() !== '').length > 4).map(({ path }) => path)).toEqual([]);
  });

  it('read the environment and end the process in main.ts only', () => {
    const inner = sources.filter(({ path }) => path !== 'src/main.ts');
    expect(offenders(inner, codeHas(/\bprocess\.env\b/))).toEqual([]);
    expect(offenders(inner, codeHas(/\bprocess\.exit\(/))).toEqual([]);
  });

  it('connect to Postgres by the options of one file', () => {
    const [connections, pools] = ['src/platform/database/postgres/postgres-connections.ts', 'src/platform/database/open/open-postgres.ts'];
    expect(offenders(sources, ({ text }) => /^import (?!type\b)[^;]*'pg'|import\('pg'\)|require\('pg'\)/m.test(text))).toEqual([connections]);
    expect(offenders(sources, ({ text }) => /'@mikro-orm\/postgresql'/.test(text))).toEqual([pools]);
    expect(offenders(sources, codeHas(/\b(clientUrl|connectionString|driverOptions)\b/))).toEqual([pools]);
    expect(projectFile(pools).match(/\b(?:PostgresORM\.init|new PostgresORM|driverOptions|postgresPoolOptions\(url, limits\))/g)).toEqual(['postgresPoolOptions(url, limits)', 'PostgresORM.init', 'driverOptions']);
  });

  it('cache in BoundedCache and WeakMemo, and in nothing else', () => {
    expect(offenders(sources, ({ text }) => /from 'lru-cache'/.test(text))).toEqual(['src/platform/memory/bounded-cache.ts']);
    // A process of its own imports nothing of ours.
    const emptied = offenders(sources, codeHas(/\.size >=? [\w.]+\) [\w.#]+\.clear\(\)/));
    expect(emptied).toEqual(['src/platform/database/read/reader-process.ts']);
  });

  it('skip no test', () => {
    const tests = filesUnder(['test'], ['.test.ts']);
    expect(offenders(tests, codeHas(/\b(it|test|describe)\.(skip|only|todo|fails)\b/))).toEqual([]);
  });

  it('let every random choice of a test follow from its seed', () => {
    const tests = filesUnder(['test'], ['.ts']).filter(({ path }) => path !== 'test/support/random.ts' && path !== 'test/laws/house-rules.test.ts');
    expect(offenders(tests, ({ text }) => /from 'fast-check'|Math\.random\(/.test(text))).toEqual([]);
  });

  it('mention nobody\'s machine', () => {
    const machine = /(^|[\s'"`(=])\/(home|Users|work)\/[a-z]|\.\.\/shared\b/m;
    expect(offenders(everything, ({ text }) => machine.test(text))).toEqual([]);
  });

  it('pin every package to one version', () => {
    for (const file of ['package.json', 'test/package.json']) {
      const { dependencies, devDependencies, optionalDependencies } = JSON.parse(projectFile(file)) as Record<string, Record<string, string>>;
      const ranges = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(([, version]) => !/^(\d+\.\d+\.\d+(-[\w.]+)?|file:.*)$/.test(version));
      expect(ranges).toEqual([]);
    }
  });

  it('lock every package with its checksum, and run no script of any while it is installed', () => {
    for (const folder of ['', 'test/']) {
      const { packages } = JSON.parse(projectFile(`${folder}package-lock.json`)) as { packages: Record<string, { integrity?: string; link?: boolean }> };
      const installed = Object.entries(packages).filter(([path, { link }]) => path.startsWith('node_modules/') && link !== true);
      expect(installed.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([]);
      expect(projectFile(`${folder}.npmrc`)).toMatch(/^ignore-scripts=true$/m);
    }
  });
});
