import { pathToFileURL } from 'node:url';
import { buildOrStop } from './build.js';
import { begin, installTestPackages, pathOf } from './project.js';

begin('npm test [-- vitest arguments]: builds when needed (some tests start the real process), then runs the tests once.');
await installTestPackages();
await buildOrStop();
// In this process, so that Ctrl-C and SIGTERM reach vitest, which then stops its Postgres.
process.argv.splice(2, 0, 'run');
await import(pathToFileURL(pathOf('node_modules', 'vitest', 'vitest.mjs')).href);
