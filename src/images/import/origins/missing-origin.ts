import { type Base, findBase } from '../../bases/base-rules.js';
import { AppError } from '../../../platform/errors.js';
import type { Reads } from '../../../platform/database/read/reads.js';
import type { ImportSource } from '../source.js';

/** An image that a configured repository offers, by its newest list. */
export interface OfferedOrigin {
  repository: string;
  /** As the repository names it. */
  name: string;
  version: string;
  source: ImportSource & { uuid: string };
}

/** The offer of a uuid by a configured repository: by the preferred one if it has the image, else by the first that has. Null when none has. */
export type FindOrigin = (em: Reads, uuid: string, preferredRepositoryId: number | null) => Promise<OfferedOrigin | null>;

/** The refusal because the catalogue lacks an image that another one builds on. It says where that image can be had. */
export function missingOrigin(child: string, origin: string, offered: OfferedOrigin | null): AppError {
  const found = offered === null
    ? 'No configured repository offers it; import it from elsewhere first.'
    : `The repository ${offered.repository} offers it as ${offered.name} ${offered.version}: import it first, or give includeOrigins: true.`;
  const extensions = { origin, repository: offered?.repository ?? null };
  return new AppError('MISSING_ORIGIN', `Image ${child} builds on ${origin}, which is not in the catalogue. ${found}`, extensions);
}

/** The refusal because a base is in the catalogue and not ready. Names it by its uuid, as the caller may not see it. */
export function originNotReady(child: string, origin: string, { state }: Base): AppError {
  const [doing, todo] = state === 'LEAVING' ? ['being deleted', 'import it again first'] : ['still being imported', 'wait for that, or give includeOrigins: true to have this import wait'];
  return new AppError('MISSING_ORIGIN', `Image ${child} builds on ${origin}, which is ${doing}; ${todo}.`, { origin, repository: null });
}

/** The refusal of a chain that leads back to an image in it. */
export function cyclicOrigin(uuids: readonly string[]): AppError {
  return new AppError('INVALID_MANIFEST', `The origins of image ${uuids[0] ?? ''} form a circle: ${uuids.join(' builds on ')}.`);
}

/** Throws MISSING_ORIGIN unless the base is in the catalogue; without `mayWait`, it must be ready as well. */
export async function requireOrigin(
  em: Reads,
  { uuid, origin }: { uuid: string; origin?: string | null },
  { findOrigin, mayWait, repositoryId }: { findOrigin: FindOrigin; mayWait: boolean; repositoryId: number | null },
): Promise<void> {
  if (origin === undefined || origin === null) return;
  if (origin === uuid) throw cyclicOrigin([uuid, uuid]);
  const base = await findBase(em, origin);
  if (base === null) throw missingOrigin(uuid, origin, await findOrigin(em, origin, repositoryId));
  requireReady(base, uuid, origin, mayWait);
}

/** Throws MISSING_ORIGIN unless a base is ready or, with `mayWait`, will be. */
export function requireReady(base: Base, child: string, origin: string, mayWait: boolean): void {
  if (base.state === 'LEAVING' || (base.state === 'COMING' && !mayWait)) throw originNotReady(child, origin, base);
}
