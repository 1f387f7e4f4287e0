import { readdirSync, rmSync } from 'node:fs';
import { rolldown } from 'rolldown';
import { pathOf, root } from './project.js';

/** What runs by itself: the process, and the threads and processes that it starts from files beside its own. */
const ENTRIES = {
  main: 'src/main.ts',
  'download-thread': 'src/images/import/download/download-thread.ts',
  'decompress-thread': 'src/images/file-kind/decompress-thread.ts',
  'hash-worker': 'src/images/import/download/hash-worker.ts',
  'wal-checkpoint-thread': 'src/platform/database/wal-checkpoint-thread.ts',
  'reader-process': 'src/platform/database/read/reader-process.ts',
  'batch-writer-thread': 'src/platform/database/batch-writer-thread.ts',
};

// A driver with a binary of its own, and a package that type-graphql would load if it were there.
const LEFT_OUT = ['better-sqlite3', 'class-validator'];

const REQUIRE = 'const require = createRequire(import.meta.url);';

/** What src/ loads as CommonJS belongs into the bundle too: a second copy of graphql refuses the schema of the first. */
const requiredIsBundled = {
  name: 'required-is-bundled',
  transform: {
    filter: { id: /\/src\/.*\.ts$/, code: 'createRequire(import.meta.url);' },
    // As long as it was, so that every position stays where it is.
    handler: (code) => ({ code: code.replace(REQUIRE, ' '.repeat(REQUIRE.length)), map: null }),
  },
};

/** Puts src/ and its dependencies into a few files in dist/, as finding and reading two thousand takes two thirds of a start. */
export async function bundle() {
  for (const name of readdirSync(pathOf('dist'))) if (/\.js(\.map)?$/.test(name)) rmSync(pathOf('dist', name));
  const bundled = await rolldown({
    cwd: root,
    input: ENTRIES,
    platform: 'node',
    tsconfig: 'tsconfig.json',
    external: LEFT_OUT,
    plugins: [requiredIsBundled],
    logLevel: 'warn',
  });
  await bundled.write({
    dir: 'dist',
    format: 'esm',
    sourcemap: true,
    // They lie in src/ and node_modules/; a map without them is read in half the time, at each start with source maps.
    sourcemapExcludeSources: true,
    entryFileNames: '[name].js',
    // Beside the entries: files that start a thread look for its file where they lie.
    chunkFileNames: '[name]-[hash].js',
  });
  await bundled.close();
}
