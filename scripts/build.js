import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { begin, lastChange, pathOf, run, stop } from './project.js';

const parts = {
  modules: {
    sources: ['src', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'],
    make: async () => {
      if (!(await run('tsc', '-p', 'tsconfig.build.json'))) return false;
      removeOrphans('');
      return true;
    },
  },
  gateway: {
    sources: ['src', 'package-lock.json', 'tsconfig.json', 'scripts/bundle.js'],
    make: async () => {
      // Loaded only now: a built tree runs without the tools that it imports.
      const { bundle } = await import('./bundle.js');
      await bundle();
      return true;
    },
  },
  graphiql: {
    sources: ['graphiql', 'package-lock.json'],
    make: () => run('vite', 'build', '--config', 'graphiql/vite.config.ts', '--logLevel', 'warn'),
  },
};

/** Makes what is missing or older than its sources, of everything or of the parts in `only`; answers whether all is there. */
export async function build({ all = false, only = Object.keys(parts) } = {}) {
  const missing = missingTools();
  if (missing !== null) {
    if (!all && only.every((name) => existsSync(pathOf(stampOf(name))))) return true;
    console.error(missing);
    return false;
  }
  const stale = Object.entries(parts).filter(([name, part]) => only.includes(name) && (all || isStale(name, part)));
  if (stale.length > 0) console.error(`Building ${stale.map(([name]) => name).join(', ')}: missing, or older than the sources.`);
  for (const [name, part] of stale) {
    const begun = new Date();
    if (!(await part.make())) return false;
    writeStamp(name, begun);
  }
  return true;
}

/** Why nothing can be built here, and what to do; null when it can. What is built already runs without the tools. */
function missingTools() {
  if (['rolldown', 'typescript', 'vite'].some((name) => !existsSync(pathOf('node_modules', name)))) {
    return 'The tools to build the gateway are not installed: run "npm ci", or copy dist/ from where it was built to run with "npm ci --omit=dev".';
  }
  const hasBinding = existsSync(pathOf('node_modules', '@rolldown')) && readdirSync(pathOf('node_modules', '@rolldown')).some((name) => name.startsWith('binding-'));
  return hasBinding ? null : 'npm left out a part of the build tools that needs Node 20.19 or newer: run "npm ci" again with such a Node.';
}

/** Makes dist/modules without looking at types, for a tool that works on sources in between; the next build makes it again. */
export async function compileUnchecked() {
  if (isStale('modules', parts.modules) && !(await run('tsc', '-p', 'tsconfig.build.json', '--noCheck'))) stop('The sources cannot be read; nothing was started.');
}

/** build(), or the end of the process. */
export async function buildOrStop(options) {
  if (!(await build(options))) stop('The build failed; nothing was started.');
}

function isStale(name, part) {
  return lastChange(stampOf(name)) < lastChange(...part.sources);
}

function stampOf(name) {
  return join('dist', `.${name}-built`);
}

// The time at which the build began: what was saved while it ran is newer, and is built next time.
function writeStamp(name, begun) {
  mkdirSync(pathOf('dist'), { recursive: true });
  writeFileSync(pathOf(stampOf(name)), '');
  utimesSync(pathOf(stampOf(name)), begun, begun);
}

// The compiler leaves the output of a removed source behind, and a removed migration must not run.
function removeOrphans(folder) {
  for (const entry of readdirSync(pathOf('dist/modules', folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeOrphans(path);
    else if (/\.js(\.map)?$/.test(path) && !existsSync(pathOf('src', path.replace(/\.js(\.map)?$/, '.ts')))) rmSync(pathOf('dist/modules', path));
  }
}

if (import.meta.main) {
  begin('npm run build: bundles src/ into dist/main.js, compiles it to dist/modules for the scripts, and bundles GraphiQL into dist/graphiql; all of it, offline.');
  await buildOrStop({ all: true });
}
