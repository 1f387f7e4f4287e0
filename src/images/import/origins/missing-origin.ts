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
function originNotReady(child: string, origin: string, { state }: Base): AppError {
  const [doing, todo] = state === 'LEAVING' ? ['being deleted', 'import it again first'] : ['still being imported', 'wait for that, or give includeOrigins: true to have this import wait'];
  return new AppError('MISSING_ORIGIN', `Image ${child} builds on ${origin}, which is ${doing}; ${todo}.`, { origin, repository: null });
}

/** The refusal of a chain that leads back to an image in it. */
export function cyclicOrigin(uuids: readonly string[]): AppError {
  return new AppError('INVALID_MANIFEST', `The origins of image ${uuids[0] ?? ''} form a circle: ${uuids.join(' builds on ')}.`);
}

/** Why an image that builds on `origin` cannot be imported without `includeOrigins`, by its base and, if that is missing, by who offers it; null when it can. */
export function originRefusal(uuid: string, origin: string, { base, offered }: { base: Base | null; offered: OfferedOrigin | null }): AppError | null {
  if (origin === uuid) return cyclicOrigin([uuid, uuid]);
  if (base === null) return missingOrigin(uuid, origin, offered);
  return readinessRefusal(base, uuid, origin, false);
}

/** Throws MISSING_ORIGIN unless the base is in the catalogue and ready. */
export async function requireOrigin(
  em: Reads,
  { uuid, origin }: { uuid: string; origin?: string | null },
  { findOrigin, repositoryId }: { findOrigin: FindOrigin; repositoryId: number | null },
): Promise<void> {
  if (origin === undefined || origin === null) return;
  const base = origin === uuid ? null : await findBase(em, origin);
  const refusal = originRefusal(uuid, origin, { base, offered: base === null && origin !== uuid ? await findOrigin(em, origin, repositoryId) : null });
  if (refusal !== null) throw refusal;
}

/** Throws MISSING_ORIGIN unless a base is ready or, with `mayWait`, will be. */
export function requireReady(base: Base, child: string, origin: string, mayWait: boolean): void {
  const refusal = readinessRefusal(base, child, origin, mayWait);
  if (refusal !== null) throw refusal;
}

function readinessRefusal(base: Base, child: string, origin: string, mayWait: boolean): AppError | null {
  return base.state === 'LEAVING' || (base.state === 'COMING' && !mayWait) ? originNotReady(child, origin, base) : null;
}
