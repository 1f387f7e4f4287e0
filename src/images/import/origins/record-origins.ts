import { lockBase } from '../../bases/base-rules.js';
import { isFreeName } from '../../mutations/insert-image.js';
import type { SqlEntityManager } from '../../../platform/database/database.js';
import { alreadyExists, AppError } from '../../../platform/errors.js';
import { comparisonKey } from '../../../platform/display-text.js';
import type { Announce } from '../../../tasks/changes/transact.js';
import { type ImportRecord, type NewImage, recordImport } from '../record-import.js';
import type { ImportSource } from '../source.js';

/** A new image that is imported because another one builds on it. */
export interface NewOrigin {
  image: NewImage;
  source: ImportSource;
  repository: string;
}

type Labels = Pick<NewImage, 'name' | 'alias' | 'version'>;

/** The tasks of the origins in their order, and what to tell the caller. */
export interface RecordedOrigins {
  taskIds: string[];
  warnings: string[];
}

/** The most names that are tried for an origin. */
const MOST_NAMES = 50;
const NAME_LENGTH = 32;
const MOST_ATTEMPTS = 5;

/** What the origins of an image are recorded with: they have its datacenter, and neither its name nor its label. */
type RecordOfOrigins = Omit<ImportRecord, 'image' | 'source'> & { child: Labels };

/**
 * Records the imports of missing origins before that of the image that needs them, each with a name that is free. An origin that came
 * into the catalogue meanwhile is left out.
 */
export async function recordOrigins(tx: SqlEntityManager, origins: readonly NewOrigin[], record: RecordOfOrigins, announce: Announce): Promise<RecordedOrigins> {
  const recorded: RecordedOrigins = { taskIds: [], warnings: [] };
  for (const [at, { image, source, repository }] of origins.entries()) {
    const one = await recordUnlessThere(tx, image, { ...record, source, mayWait: true, dryRunNumber: at + 1 }, announce);
    if (one === null) continue;
    recorded.taskIds.push(one.taskId);
    recorded.warnings.push(`Its base image ${image.uuid} is imported first, from repository ${repository}, as ${one.name}.`);
  }
  return recorded;
}

/** Null when the image is in the catalogue. */
async function recordUnlessThere(tx: SqlEntityManager, image: NewImage, { child, ...record }: RecordOfOrigins & Pick<ImportRecord, 'source'>, announce: Announce): Promise<{ taskId: string; name: string } | null> {
  for (let attempt = 1; ; attempt += 1) {
    if ((await lockBase(tx, image.uuid)) !== null) return null;
    const named = await withFreeName(tx, image, child);
    try {
      const { taskId } = await recordImport(tx, { ...record, image: named }, announce);
      return { taskId, name: named.name };
    } catch (error) {
      // While this one waited for the lock of its datacenter, another import took the name: most often one of the same image.
      if (!(error instanceof AppError) || error.code !== 'ALREADY_EXISTS' || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

/** The image under its own name or, if that is taken, under one made of it. */
async function withFreeName(tx: SqlEntityManager, image: NewImage, child: Labels): Promise<NewImage> {
  for (let tried = 1; tried <= MOST_NAMES; tried += 1) {
    const name = tried === 1 ? image.name : suffixed(image.name, tried === 2 ? image.uuid.slice(0, 8) : `${image.uuid.slice(0, 8)}-${tried}`);
    const named = { ...image, name, alias: tried === 1 ? image.alias : name };
    if (!looksTheSame(named, child) && (await isFreeName(tx, named))) return named;
  }
  throw alreadyExists(`No name that is free can be made of ${image.name} for the base image ${image.uuid}; import that image first, under a name of your own.`);
}

/** Whether two images could not both be in the catalogue. */
function looksTheSame(one: Labels, other: Labels): boolean {
  if (comparisonKey(one.name) === comparisonKey(other.name)) return true;
  return comparisonKey(one.alias) === comparisonKey(other.alias) && comparisonKey(one.version) === comparisonKey(other.version);
}

function suffixed(name: string, suffix: string): string {
  return `${name.slice(0, NAME_LENGTH - suffix.length - 1)}-${suffix}`;
}
