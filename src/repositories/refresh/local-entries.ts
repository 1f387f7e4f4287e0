import { readManifest } from '../../imgapi/manifest.js';
import { AppError } from '../../platform/errors.js';
import type { FileStore } from '../../platform/store/file-store.js';
import type { FileCheck } from './file-check.js';
import { toRemoteManifest, type ListEntryResult } from './remote-manifest.js';

/**
 * What lies in the image store, as offers of the local repository: a pair that cannot be imported says why, a folder
 * without a readable manifest of its own is left out. IMAGE_SERVER_UNAVAILABLE when the store cannot be read.
 */
export async function* readLocalEntries(store: FileStore, check: FileCheck): AsyncGenerator<ListEntryResult[]> {
  for (const uuid of await store.listUuids()) {
    try {
      yield [await readLocalEntry(store, check, uuid)];
    } catch (error) {
      // One folder that cannot be read must not cost the others.
      yield [{ uuid, reason: error instanceof AppError ? error.message : `The folder ${uuid} cannot be read (${codeOf(error)}).` }];
    }
  }
}

async function readLocalEntry(store: FileStore, check: FileCheck, uuid: string): Promise<ListEntryResult> {
  const text = (await store.readManifest(uuid))?.replace(/^\uFEFF/, '');
  if (text === undefined) return { uuid, reason: `The folder ${uuid} has no manifest.` };
  const reading = readManifest(parsed(text, uuid));
  if (!reading.ok) return { uuid, reason: reading.reason };
  const { manifest } = reading;
  if (manifest.uuid !== uuid) return { uuid, reason: `The folder ${uuid} holds the manifest of ${manifest.uuid}.` };
  const offer = toRemoteManifest(manifest, text);
  return { offer: { ...offer, problem: offer.problem ?? (await check.problemOf(manifest)) } };
}

function parsed(text: string, uuid: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new AppError('INVALID_MANIFEST', `The manifest in the folder ${uuid} is not JSON.`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
