import { blame, conflict } from '../../platform/errors.js';

/** CONFLICT when an image was changed since the time that the caller read. */
export function requireUnchanged({ name, updatedAt }: { name: string; updatedAt: Date }, read: Date | null): void {
  if (read === null || read.getTime() === updatedAt.getTime()) return;
  const current = updatedAt.toISOString();
  throw blame(conflict(`Image ${name} was changed at ${current}, and ifUpdatedAt is ${read.toISOString()}; read it again, and give its present updatedAt.`, current), { ifUpdatedAt: read.toISOString() });
}
