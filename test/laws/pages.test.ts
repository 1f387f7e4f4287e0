import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { filesUnder, projectFile, type SourceFile } from './sources.js';

const pages: SourceFile[] = [...['README.md', 'CONTRIBUTING.md'].map((path) => ({ path, text: projectFile(path) })), ...filesUnder(['docs', 'examples'], ['.md'])];

function isThere(path: string): boolean {
  return existsSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)));
}

/** As headings are linked to: `## In parts` is `#in-parts`. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-'));
}

function brokenLinks({ path, text }: SourceFile): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target).filter((target) => !/^https?:/.test(target));
  return targets.filter((target) => {
    const [file = '', anchor] = target.split('#');
    const to = file === '' ? path : posix.join(posix.dirname(path), file);
    return !isThere(to) || (anchor !== undefined && !anchorsOf(projectFile(to)).includes(anchor));
  });
}

/** Files and folders named in passing: `platform/database/read/reader-connection.ts` is one of src/, `scripts/fuzz.js` one of the project. */
function missingFiles({ text }: SourceFile): string[] {
  const named = [...text.matchAll(/`((?:[\w.-]+\/)+(?:[\w-]+\.)+(?:ts|js|md|json|graphql))`/g)].map(([, file = '']) => file);
  return named.filter((file) => !['', 'src/', 'examples/'].some((folder) => isThere(folder + file)));
}

describe('the pages', () => {
  it('link to what is there', () => {
    expect(pages.flatMap((page) => brokenLinks(page).map((link) => `${page.path}: ${link}`))).toEqual([]);
  });

  it('name files that are there', () => {
    expect(pages.flatMap((page) => missingFiles(page).map((file) => `${page.path}: ${file}`))).toEqual([]);
  });

  it('name classes, functions and tables that are there', () => {
    const code = filesUnder(['src', 'test'], ['.ts']).map(({ text }) => text).join('\n');
    const words = new Set(code.match(/\w+/g));
    const named = pages.filter(({ path }) => /^(CONTRIBUTING|docs\/(architecture|decisions\/.*))\.md$/.test(path)).flatMap(({ path, text }) =>
      [...text.matchAll(/`#?([A-Za-z]\w*)(?:\.(\w+))?(?:\(.*?\))?`/g)].flatMap(([, ...names]) => names.filter((name) => name !== undefined).map((name) => ({ path, name }))));
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ name }) => !words.has(name)).map(({ path, name }) => `${path}: ${name}`)).toEqual([]);
  });

  it('run scripts that are there, and the README lists all of them', () => {
    const scripts = Object.keys((JSON.parse(projectFile('package.json')) as { scripts: Record<string, string> }).scripts);
    const run = pages.flatMap(({ text }) => [...text.matchAll(/npm (?:run (?:--?\w+ )*|(?=start|test))([\w:]+)/g)].map(([, name = '']) => name));
    expect(run.length).toBeGreaterThan(10);
    expect(run.filter((name) => !scripts.includes(name))).toEqual([]);
    const listed = /^Scripts: ([^]*?)\n\n/m.exec(projectFile('README.md'))?.[1] ?? '';
    expect([...listed.matchAll(/`([\w:]+)`/g)].map(([, name]) => name).sort()).toEqual(scripts.toSorted());
  });

  it('name settings that are there', () => {
    const settings = new Set([...projectFile('src/config/config-table.ts').matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => name));
    const named = pages.flatMap(({ path, text }) => [...text.matchAll(/\b([A-Z][A-Z_]+)=/g)].map(([, name = '']) => ({ path, name })));
    expect(named.filter(({ name }) => !settings.has(name) && !/^(TMPDIR|GATEWAY_|APOLLO_|AWS_|TEST_|KEY$)/.test(name))).toEqual([]);
  });
});
