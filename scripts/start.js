import { pathToFileURL } from 'node:url';
import { buildOrStop } from './build.js';
import { begin, pathOf } from './project.js';

// --help is the gateway's own: it lists its settings.
if (!process.argv.includes('--help')) begin('');
await buildOrStop();
process.setSourceMapsEnabled(true);
// --demo and --help belong to the command that starts.
if (process.argv.length > 2 && process.argv[2] !== '--demo') process.argv.splice(2, 0, 'start');
// In this process, so that the signals which end it reach the gateway itself.
await import(pathToFileURL(pathOf('dist', 'main.js')).href);
