import { randomUUID } from 'node:crypto';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { newApiKey } from '../sign-in/api-key-secret.js';
import type { User } from '../people/user.entity.js';
import { ApiKey } from './api-key.entity.js';

/** Adds a key of a user to the transaction. The secret is in the answer, and stored nowhere. */
export function issueApiKey(tx: SqlEntityManager, user: User, name: string, expiresAt: Date | null = null): { id: string; key: string } {
  const { key, hash, prefix } = newApiKey();
  const id = randomUUID();
  tx.persist(tx.create(ApiKey, { id, user, name, hash, prefix, expiresAt }));
  return { id, key };
}
