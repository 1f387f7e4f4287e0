import type { Dirent } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid } from '../file-key.js';
import { lstatOrNull } from '../safe-open.js';
import { isManifestDraft, isRemoved, type StoreLayout, uuidOfPartial } from './store-layout.js';

/** Another process may be about to rename a younger draft. */
const DRAFT_AGE_MS = 10 * 60 * 1000;
/** Somebody who places a pair by hand may be about to fill a younger folder; a task makes the folder of its image again. */
const EMPTY_AGE_MS = 30 * 1000;
/** During an update, a process of an earlier version may still write to a younger one. */
const PARTIAL_AGE_MS = 24 * 60 * 60 * 1000;

/** Deletes those entries of the root that crashes left and no key names. Returns their names, sorted. */
export async function sweepLeftovers({ root }: StoreLayout, entries: readonly Dirent[]): Promise<string[]> {
  const swept: string[] = [];
  for (const entry of entries) {
    const path = join(root, entry.name);
    if (entry.isDirectory() && isUuid(entry.name)) {
      // Fails for every folder that has something in it.
      if (await isOlder(path, EMPTY_AGE_MS)) await rmdir(path).catch(() => undefined);
      continue;
    }
    if (!(await isLeftover(entry, path))) continue;
    // Another process may be deleting it too; what is still there is swept the next time.
    const isGone = await rm(path, { recursive: true, force: true }).then(() => true, () => false);
    if (isGone) swept.push(entry.name);
  }
  return swept.sort();
}

async function isLeftover(entry: Dirent, path: string): Promise<boolean> {
  if (isRemoved(entry.name)) return true;
  if (isManifestDraft(entry.name)) return isOlder(path, DRAFT_AGE_MS);
  if (!entry.isDirectory() || uuidOfPartial(entry.name) === null) return false;
  return (await isOlder(path, PARTIAL_AGE_MS)) && (await isOlder(join(path, 'file'), PARTIAL_AGE_MS));
}

/** Whether it was last changed so long ago, or is not there. */
async function isOlder(path: string, ageMs: number): Promise<boolean> {
  const stats = await lstatOrNull(path);
  return stats === null || Date.now() - stats.mtimeMs > ageMs;
}
