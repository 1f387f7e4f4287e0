import { Image } from '../../images/image.entity.js';
import { storedManifest } from '../../images/manifest/stored-manifest.js';
import { keyOfImage } from '../../images/store/image-key.js';
import { unownedFiles } from '../../images/store/placed-files.js';
import { readManifest } from '../../imgapi/manifest.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { amongIds, readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { AppError } from '../../platform/errors.js';
import { type FileKey, nameOfKey } from '../../platform/store/file-key.js';
import type { FileStore } from '../../platform/store/file-store.js';
import type { FileCheck, LocalFile } from './file-check.js';
import { type ParsedEntry, toRemoteManifest } from './remote-manifest.js';

export interface LocalListing {
  em: () => SqlEntityManager;
  store: FileStore;
  check: FileCheck;
}

/** Rows that one statement reads, or is asked for. */
const PAGE = 500;
/** Entries that are read at once, as an object storage lets each wait. A file that is hashed has two threads. */
const AT_ONCE = 8;

/**
 * What the image store has, as entries of the local repository: the pairs that were placed by hand, the files of the catalogue, and those
 * that a catalogue which was restored to an earlier state does not know. An image whose file cannot be imported gets a problem; a folder
 * without a readable manifest of its own, or with capital letters in its name, is skipped. IMAGE_SERVER_UNAVAILABLE when the store cannot be
 * read.
 */
export async function* readLocalEntries(listing: LocalListing): AsyncGenerator<ParsedEntry[]> {
  const { em, store } = listing;
  const misnamed = await store.listMisnamed();
  yield misnamed.map((name) => ({ uuid: name.toLowerCase(), reason: `The folder ${name} has capital letters in its name; rename it to ${name.toLowerCase()}.` }));
  const pairs = await store.listPairs();
  for (let at = 0; at < pairs.length; at += PAGE) yield* readPairs(listing, pairs.slice(at, at + PAGE));
  yield* readCatalogue(listing);
  const isPair = new Set(pairs);
  for await (const key of unownedFiles(em(), store, store.listAttempts())) {
    if (!isPair.has(key.uuid)) yield [await readPlaced(listing, { key, isInCatalogue: false })];
  }
}

/** A pair beside the file of an image of the catalogue is left out: the image counts. */
async function* readPairs(listing: LocalListing, uuids: readonly string[]): AsyncGenerator<ParsedEntry[]> {
  const em = listing.em();
  const rows = await readRows<[uuid: string, attempt: string | null]>(em, sqlText`select i.uuid, i.file_key from image i where ${amongIds(em, 'i.uuid', uuids)} and i.file_sha1 is not null`);
  const images = new Map(rows);
  const placed = uuids.filter((uuid) => typeof images.get(uuid) !== 'string');
  yield* inTurns(placed, async (uuid) => readPlaced(listing, { key: { uuid, attempt: null }, isInCatalogue: images.get(uuid) === null }));
}

async function* inTurns<T>(items: readonly T[], read: (item: T) => Promise<ParsedEntry>): AsyncGenerator<ParsedEntry[]> {
  for (let at = 0; at < items.length; at += AT_ONCE) yield Promise.all(items.slice(at, at + AT_ONCE).map(read));
}

/** Images whose file is under the name of an attempt; their manifests are those that the image server shows. */
async function* readCatalogue(listing: LocalListing): AsyncGenerator<ParsedEntry[]> {
  for (let last = 0; ; ) {
    const images = await listing.em().find(Image, { id: { $gt: last }, fileKey: { $ne: null }, fileSha1: { $ne: null } }, { populate: ['tags'], orderBy: { id: 'asc' }, limit: PAGE });
    yield* inTurns(images, async (image) => readEntry(listing, { key: keyOfImage(image), isInCatalogue: true }, async () => storedManifest(image)));
    const end = images.at(-1);
    if (end === undefined || images.length < PAGE) return;
    last = end.id;
  }
}

async function readPlaced(listing: LocalListing, file: LocalFile): Promise<ParsedEntry> {
  return readEntry(listing, file, async () => listing.store.readManifest(file.key));
}

async function readEntry(listing: LocalListing, file: LocalFile, readText: () => Promise<string | null>): Promise<ParsedEntry> {
  const { key } = file;
  const name = nameOfKey(key);
  try {
    const text = (await readText())?.replace(/^\uFEFF/, '');
    return text === undefined ? { uuid: key.uuid, reason: `The folder ${name} has no manifest.` } : await toEntry(listing, file, text);
  } catch (error) {
    // Skip a folder that cannot be read; the others must still be listed.
    return { uuid: key.uuid, reason: error instanceof AppError ? error.message : `The folder ${name} cannot be read (${codeOf(error)}).` };
  }
}

async function toEntry({ check }: LocalListing, file: LocalFile, text: string): Promise<ParsedEntry> {
  const { uuid } = file.key;
  const read = readManifest(parseJson(text, file.key));
  if (!read.ok) return { uuid, reason: read.reason };
  const { manifest } = read;
  if (manifest.uuid !== uuid) return { uuid, reason: `The folder ${nameOfKey(file.key)} holds the manifest of ${manifest.uuid}.` };
  const remote = toRemoteManifest(manifest, text);
  return { remote: { ...remote, problem: remote.problem ?? (await check.problemOf(manifest, file)) } };
}

function parseJson(text: string, key: FileKey): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new AppError('INVALID_MANIFEST', `The manifest in the folder ${nameOfKey(key)} is not JSON.`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
