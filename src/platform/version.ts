import { readFileSync } from 'node:fs';

const NAME = 'image-gateway';

/** The version of the package that this file belongs to, be it bundled or not. */
export function packageVersion(): string {
  for (const up of ['.', '..', '../..', '../../..']) {
    const manifest = readManifest(new URL(`${up}/package.json`, import.meta.url));
    if (manifest?.name === NAME) return manifest.version;
  }
  return 'unknown';
}

function readManifest(url: URL): { name: string; version: string } | null {
  try {
    return JSON.parse(readFileSync(url, 'utf8')) as { name: string; version: string }; // a package.json
  } catch {
    return null;
  }
}
