import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** From the project's folder, with slashes: `src/images/image.entity.ts`. */
  path: string;
  text: string;
}

/** Every file under these folders with one of these endings. */
export function filesUnder(folders: readonly string[], endings: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !path.includes('node_modules'))
      .map((path) => ({ path: path.slice(root.length).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') })),
  );
}

export function projectFile(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The project's own files that a file imports, exports from or loads later; types count as well. */
export function importsOf(file: SourceFile): string[] {
  const specifiers = withoutComments(file.text).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']*)'/g);
  return [...specifiers].map(([, specifier = '']) => posix.join(posix.dirname(file.path), specifier).replace(/\.js$/, '.ts'));
}

export function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '');
}
