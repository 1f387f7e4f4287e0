// npm run demo: the gateway with its sample world, see `npm start -- --help`.
process.argv.push('--demo');
await import('./start.js');
