import { LockMode } from '@mikro-orm/core';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import { sqlInteger, sqlText } from '../../platform/database/sql-text.js';
import { writeRows } from '../../platform/database/write-rows.js';
import { storedText } from '../../platform/display-text.js';
import { badInput, type FieldError, notFound, unknownName } from '../../platform/errors.js';
import { ApiKey } from './api-key.entity.js';
import type { CreateApiKeyInput } from './api-key.inputs.js';
import { MOST_KEYS } from './api-key.queries.js';
import type { CreateApiKeyPayloadType } from './api-key.type.js';
import { fieldFault } from '../people/people-rules.js';
import { issueApiKey } from './issue-api-key.js';
import { User } from '../people/user.entity.js';
import type { Viewer } from '../viewer.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Issues and revokes API keys: one's own, and those of others as a SuperAdmin. The key itself is in the answer to its creation, and stored nowhere. */
export class ApiKeyService {
  /** `maxDays`: the longest life of a key that a user makes for itself. SuperAdmins, who could make any other, are not bound by it. */
  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
    private readonly maxDays: number,
  ) {}

  /** Without an expiry, the key of a user lives as long as it may, and that of a SuperAdmin for ever. */
  async create({ username, name: givenName, expiresAt }: CreateApiKeyInput): Promise<CreateApiKeyPayloadType> {
    const name = storedText(givenName);
    if (username !== this.viewer.username) this.viewer.demand('apiKey.manageAny');
    const latest = this.viewer.isSuperAdmin ? null : new Date(Date.now() + this.maxDays * DAY_MS);
    const expiry = expiresAt ?? latest;
    const { id, key } = await inTransaction(this.em.fork(), async (tx) => {
      const faults: FieldError[] = fieldFault('keyName', name, 'name');
      // Locked, so that requests at once cannot each make the last key that is free.
      const user = await tx.findOne(User, { username, active: true }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (user === null) faults.push(unknownName('username', 'active user', username));
      else if ((await this.#living(tx, user)) >= MOST_KEYS) {
        faults.push({ path: 'username', code: 'TOO_MANY', params: { given: MOST_KEYS + 1, accepted: MOST_KEYS }, message: `The user ${username} has ${MOST_KEYS} API keys, as many as one user may have; revoke some of them.` });
      }
      faults.push(...this.#expiryFaults(expiry, latest));
      if (user === null || faults.length > 0) throw badInput(faults);
      await deleteOldKeys(tx, user.id);
      return issueApiKey(tx, user, name, expiry);
    });
    return { id, name, key, expiresAt: expiry };
  }

  /** Revokes a key for good; revoking it again changes nothing. */
  async revoke(id: string): Promise<string> {
    const em = this.em.fork();
    const key = await em.findOne(ApiKey, { id });
    if (key === null || (key.user.id !== this.viewer.userId && !this.viewer.can('apiKey.manageAny').allowed)) throw notFound('API key', id, 'id');
    key.revokedAt ??= new Date();
    await em.flush();
    return id;
  }

  #expiryFaults(expiry: Date | null, latest: Date | null): FieldError[] {
    if (expiry === null) return [];
    if (expiry.getTime() <= Date.now()) return [{ path: 'expiresAt', code: 'OUT_OF_RANGE', params: { value: expiry.toISOString(), min: new Date().toISOString() }, message: `${expiry.toISOString()} is past; give an instant in the future, or none.` }];
    if (latest === null || expiry <= latest) return [];
    return [{ path: 'expiresAt', code: 'OUT_OF_RANGE', params: { value: expiry.toISOString(), max: latest.toISOString() }, message: `${expiry.toISOString()} is too far away: a key that you make for yourself may live for ${this.maxDays} days, until ${latest.toISOString()}.` }];
  }

  async #living(tx: SqlEntityManager, user: User): Promise<number> {
    return tx.count(ApiKey, { user, revokedAt: null, $or: [{ expiresAt: null }, { expiresAt: { $gt: new Date() } }] });
  }
}

/** Deletes the oldest keys that are expired or revoked, so that nobody fills the table by making and revoking keys. The newest stay: the log tells them apart. */
async function deleteOldKeys(tx: SqlEntityManager, userId: number): Promise<void> {
  const ended = sqlText`k.user_id = ${userId} and (k.revoked_at is not null or k.expires_at <= ${Date.now()})`;
  await writeRows(
    tx,
    sqlText`delete from api_key where id in (select old.id from (
      select k.id, row_number() over (order by k.created_at desc, k.id) as position from api_key k where ${ended}) old
      where old.position > ${sqlInteger(MOST_KEYS, { max: MOST_KEYS })})`,
  );
}
