import { Loader } from '../../platform/graphql/loader.js';
import { amongIds, readObjects } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { sqlInteger, sqlText } from '../../platform/database/sql-text.js';
import type { Big } from '../../platform/database/tables.js';
import type { ApiKeyType } from './api-key.type.js';

/** Keys that one user may have that have neither expired nor been revoked, and keys that a list shows. */
export const MOST_KEYS = 200;

interface KeyRow {
  owner: number;
  id: string;
  name: string;
  prefix: string;
  created_at: Big;
  expires_at: Big | null;
  last_used_at: Big | null;
}

function instant(value: Big | null): number | null {
  return value === null ? null : Number(value);
}

function toApiKey({ id, name, prefix, created_at: createdAt, expires_at: expiresAt, last_used_at: lastUsedAt }: KeyRow): ApiKeyType {
  return { id, name, prefix, createdAt: Number(createdAt), expiresAt: instant(expiresAt), lastUsedAt: instant(lastUsedAt) };
}

/** Reads API keys, never their secrets. The rules of the fields decide who may. */
export class ApiKeyQueries {
  /** Keys per user id that are not revoked, the newest first. Of more than the limit, those that have expired are left out first. */
  readonly byUser = new Loader<number, ApiKeyType[]>(async (userIds) => {
    const rows = await readObjects<KeyRow>(
      this.em,
      sqlText`select r.owner, r.id, r.name, r.prefix, r.created_at, r.expires_at, w.last_used_at from (
        select k.user_id as owner, k.id, k.name, k.prefix, k.created_at, k.expires_at, row_number() over (
          partition by k.user_id order by case when k.expires_at <= ${Date.now()} then 1 else 0 end, k.created_at desc, k.id) as position
        from api_key k where k.revoked_at is null and ${amongIds(this.em, 'k.user_id', userIds)}) r
        left join api_key_use w on w.key_id = r.id
        where r.position <= ${sqlInteger(MOST_KEYS, { max: MOST_KEYS })} order by r.created_at desc, r.id`,
    );
    const byOwner = Map.groupBy(rows, ({ owner }) => owner);
    return userIds.map((id) => (byOwner.get(id) ?? []).map(toApiKey));
  });

  constructor(private readonly em: Reads) {}
}
