import { readManifest } from '../../imgapi/manifest.js';
import { AppError } from '../../platform/errors.js';
import type { FileStore } from '../../platform/store/file-store.js';
import type { FileCheck } from './file-check.js';
import { type ParsedEntry, toRemoteManifest } from './remote-manifest.js';

/**
 * The folders of the image store, as entries of the local repository. An image whose file cannot be imported gets a problem;
 * a folder without a readable manifest of its own, or with capital letters in its name, is skipped. IMAGE_SERVER_UNAVAILABLE when the store cannot be read.
 */
export async function* readLocalEntries(store: FileStore, check: FileCheck): AsyncGenerator<ParsedEntry[]> {
  const misnamed = await store.listMisnamed();
  yield misnamed.map((name) => ({ uuid: name.toLowerCase(), reason: `The folder ${name} has capital letters in its name; rename it to ${name.toLowerCase()}.` }));
  for (const uuid of await store.listUuids()) {
    try {
      yield [await readLocalEntry(store, check, uuid)];
    } catch (error) {
      // Skip a folder that cannot be read; the others must still be listed.
      yield [{ uuid, reason: error instanceof AppError ? error.message : `The folder ${uuid} cannot be read (${codeOf(error)}).` }];
    }
  }
}

async function readLocalEntry(store: FileStore, check: FileCheck, uuid: string): Promise<ParsedEntry> {
  const text = (await store.readManifest(uuid))?.replace(/^\uFEFF/, '');
  if (text === undefined) return { uuid, reason: `The folder ${uuid} has no manifest.` };
  const read = readManifest(parseJson(text, uuid));
  if (!read.ok) return { uuid, reason: read.reason };
  const { manifest } = read;
  if (manifest.uuid !== uuid) return { uuid, reason: `The folder ${uuid} holds the manifest of ${manifest.uuid}.` };
  const remote = toRemoteManifest(manifest, text);
  return { remote: { ...remote, problem: remote.problem ?? (await check.problemOf(manifest)) } };
}

function parseJson(text: string, uuid: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new AppError('INVALID_MANIFEST', `The manifest in the folder ${uuid} is not JSON.`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
