import { begin, installTestPackages, run } from './project.js';

begin('npm run check: lints, and checks the types of src, test, bench and graphiql. Reports all faults, not only the first kind.');
await installTestPackages();
const results = await Promise.all([
  run('oxlint', '--deny-warnings'),
  run('tsc', '--noEmit', '-p', 'tsconfig.json'),
  run('tsc', '--noEmit', '-p', 'graphiql/tsconfig.json'),
]);
process.exitCode = results.every(Boolean) ? 0 : 1;
