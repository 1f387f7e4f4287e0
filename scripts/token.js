import { spawn } from 'node:child_process';
import { buildOrStop } from './build.js';
import { begin, pathOf } from './project.js';

begin(`npm run --silent token -- USERNAME [--hours 12]: prints a token that signs in as USERNAME, an active user.
It is signed with AUTH_JWT_SECRET or the secret in DATA_DIR; whoever can run this can sign in as anybody.`);
await buildOrStop();
const child = spawn(process.execPath, [pathOf('dist', 'main.js'), 'token', ...process.argv.slice(2)], { stdio: 'inherit' });
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
