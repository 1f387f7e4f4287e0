import { mkdirSync } from 'node:fs';
import { buildOrStop } from './build.js';
import { begin, pathOf, run } from './project.js';

begin('npm run pictures: takes the pictures of the README anew, into docs/img, from the browser test of the tour.');
await buildOrStop();
process.env.PICTURES = pathOf('docs', 'img');
mkdirSync(process.env.PICTURES, { recursive: true });
process.exitCode = (await run('vitest', 'run', '--project', 'sqlite', 'test/acceptance/tour.test.ts')) ? 0 : 1;
