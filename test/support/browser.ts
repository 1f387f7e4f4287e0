import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createBrotliDecompress } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';

const run = promisify(execFile);

interface Executable {
  path: string;
  env: Record<string, string>;
}

/**
 * Starts a headless Chromium that reaches 127.0.0.1 and nothing else. On Linux x64 it is the one inside @sparticuz/chromium with its
 * own libraries and fonts; anywhere else CHROMIUM_PATH must name a Chromium, and its absence is an error, never a skip.
 */
export async function launchBrowser(): Promise<Browser> {
  const { path, env } = await findExecutable();
  return chromium.launch({
    executablePath: path,
    headless: true,
    env,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      // Chromium looks up its vendor's hosts by itself.
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
    ],
  });
}

async function findExecutable(): Promise<Executable> {
  const own = process.env['CHROMIUM_PATH'];
  if (own !== undefined && own !== '') {
    if (!existsSync(own)) throw new Error(`CHROMIUM_PATH is ${own}, where there is no file; name the executable of a Chromium.`);
    return { path: own, env: definedEnvironment() };
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`There is no Chromium for ${process.platform} ${process.arch} in the packages; set CHROMIUM_PATH to the executable of one.`);
  }
  return packagedExecutable();
}

// The package unpacks beside other users' files in the temporary folder and takes what lies there, half written or not.
async function packagedExecutable(): Promise<Executable> {
  const bin = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '../../bin');
  const { version } = JSON.parse(await readFile(join(bin, '../package.json'), 'utf8')) as { version: string };
  const cache = join(import.meta.dirname, '../../node_modules/.cache');
  const folder = join(cache, `chromium-${version}`);
  if (!existsSync(folder)) await unpackOnce(bin, cache, folder);
  await nameFonts(folder);
  return {
    path: join(folder, 'chromium'),
    env: { ...definedEnvironment(), LD_LIBRARY_PATH: join(folder, 'lib'), FONTCONFIG_FILE: join(folder, 'fonts.conf') },
  };
}

async function unpackOnce(bin: string, cache: string, folder: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const partial = await mkdtemp(`${folder}.partial-`);
  try {
    await unpackInto(partial, bin);
    await rename(partial, folder);
  } catch (error) {
    // Another test process may have been first; then its folder is as good.
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function unpackInto(target: string, bin: string): Promise<void> {
  await decompress(join(bin, 'chromium.br'), join(target, 'chromium'));
  for (const archive of ['al2023.tar', 'fonts.tar']) {
    const path = join(target, archive);
    await decompress(join(bin, `${archive}.br`), path);
    await run('tar', ['-xf', path, '--no-same-owner', '-C', target]);
    await rm(path);
  }
}

// Chromium aborts when it finds no font, so the file that says where they lie must follow a folder that was moved or copied.
async function nameFonts(folder: string): Promise<void> {
  const path = join(folder, 'fonts.conf');
  const [dir, cachedir] = [join(folder, 'fonts'), join(folder, 'fonts-cache')];
  const wanted = `<?xml version="1.0"?><fontconfig><dir>${dir}</dir><cachedir>${cachedir}</cachedir></fontconfig>\n`;
  if (existsSync(path) && (await readFile(path, 'utf8')) === wanted) return;
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, wanted);
  await rename(partial, path);
}

async function decompress(from: string, to: string): Promise<void> {
  await pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to, { mode: 0o755 }));
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
