import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildOrStop } from './build.js';
import { begin, pathOf, root, runIn, stop } from './project.js';

begin(`npm run package: builds, and packs dist/image-gateway-VERSION.tgz: what a server needs and nothing else, without a dependency to install.
  npm install -g ./dist/image-gateway-VERSION.tgz   then: image-gateway
  tar -xzf dist/image-gateway-VERSION.tgz           then: node package/bin/image-gateway.cjs`);

/** Beside the SQLite driver's own code and binaries nothing of it is needed; without its binding.gyp npm has nothing to compile. */
const OF_SQLITE = ['LICENSE', 'lib', 'prebuilds'];

await buildOrStop();
const { name, version, description, license } = JSON.parse(await readFile(pathOf('package.json'), 'utf8'));
const sqlite = JSON.parse(await readFile(pathOf('node_modules', 'better-sqlite3', 'package.json'), 'utf8'));
const staging = pathOf('dist', 'package');
await rm(staging, { recursive: true, force: true });
await mkdir(join(staging, 'dist'), { recursive: true });
for (const entry of await readdir(pathOf('dist'))) {
  if (entry === 'graphiql' || entry.endsWith('.js')) await cp(pathOf('dist', entry), join(staging, 'dist', entry), { recursive: true });
}
for (const file of ['README.md', 'LICENSE', 'docs', 'deploy']) await cp(pathOf(file), join(staging, file), { recursive: true });
await cp(pathOf('scripts', 'image-gateway.cjs'), join(staging, 'bin', 'image-gateway.cjs'));
for (const entry of OF_SQLITE) await cp(pathOf('node_modules', 'better-sqlite3', entry), join(staging, 'node_modules', 'better-sqlite3', entry), { recursive: true });
await writeJson(['node_modules', 'better-sqlite3', 'package.json'], { name: 'better-sqlite3', version: sqlite.version, license: sqlite.license, main: sqlite.main, exports: sqlite.exports });
await writeJson(['package.json'], {
  name, version, description, license,
  type: 'module',
  bin: { 'image-gateway': 'bin/image-gateway.cjs' },
  engines: { node: '>=24' },
  dependencies: { 'better-sqlite3': sqlite.version },
  bundleDependencies: ['better-sqlite3'],
});
if (!(await runIn(staging, 'npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', '..'))) stop('npm could not pack it; see its message above.');
await rm(staging, { recursive: true });
console.log(join(root, 'dist', `${name}-${version}.tgz`));

async function writeJson(path, value) {
  await writeFile(join(staging, ...path), `${JSON.stringify(value, null, 2)}\n`);
}
