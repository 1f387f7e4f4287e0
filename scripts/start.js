import { buildOrStop } from './build.js';
import { begin, built } from './project.js';

// --help is the gateway's own: it lists its settings.
if (!process.argv.includes('--help')) begin('');
await buildOrStop();
process.setSourceMapsEnabled(true);
// In this process, so that the signals which end it reach the gateway itself.
await built('main.js');
