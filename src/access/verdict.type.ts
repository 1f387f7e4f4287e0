import { Field, ObjectType } from 'type-graphql';
import type { ErrorCode } from '../platform/error-codes.js';
import { AppError, type Requirement } from '../platform/errors.js';

/** What a viewer with a FORBIDDEN verdict would need. */
@ObjectType('MissingPermissions', {
  simpleResolvers: true,
  description: 'What you would need to be allowed to do something.',
})
export class MissingPermissionsType {
  @Field(() => [String], { description: 'The permissions that you lack there; `SUPER_ADMIN`: only a SuperAdmin may.' })
  permissions!: readonly string[];

  @Field(() => String, { nullable: true, description: 'The datacenter where they would be needed; null: in any, or it is no matter of datacenters.' })
  datacenter!: string | null;
}

/** A verdict as the API shows it. */
export interface ShownVerdict {
  allowed: boolean;
  code: ErrorCode | null;
  reason: string | null;
  requires: MissingPermissionsType | null;
}

/** Allowed, or refused with the error that the operation itself would answer with. */
export function verdictOf(refusal: AppError | null): ShownVerdict {
  if (refusal === null) return { allowed: true, code: null, reason: null, requires: null };
  const requires = (refusal.extensions['requires'] as Requirement | undefined) ?? null; // Only `forbidden` sets it.
  return { allowed: false, code: refusal.code, reason: refusal.message, requires };
}

/** The verdict of a rule that throws its refusal. Errors that are no refusals are thrown on. */
export async function verdictBy(demand: () => Promise<void>): Promise<ShownVerdict> {
  try {
    await demand();
    return verdictOf(null);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return verdictOf(error);
  }
}
