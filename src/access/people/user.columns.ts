import { joinTexts, type SqlText, sqlText } from '../../platform/database/sql-text.js';
import { asBoolean, type Big, type Flag } from '../../platform/database/tables.js';
import type { UserType } from './user.type.js';

/** A row of `user_account` as statements read it. */
export interface UserRow {
  id: number;
  username: string;
  email: string | null;
  is_super_admin: Flag;
  active: Flag;
  created_at: Big;
}

const COLUMNS: Readonly<Record<keyof UserRow, SqlText>> = {
  id: sqlText`u.id`,
  username: sqlText`u.username`,
  email: sqlText`u.email`,
  is_super_admin: sqlText`u.is_super_admin`,
  active: sqlText`u.active`,
  created_at: sqlText`u.created_at`,
};

/** The columns of UserRow, of a table with the alias `u`. */
export const USER_COLUMNS = joinTexts(Object.values(COLUMNS), ', ');

/** The object type of a row. */
export function toUser(row: UserRow): UserType {
  return {
    id: row.id,
    username: row.username,
    email: row.email,
    isSuperAdmin: asBoolean(row.is_super_admin),
    active: asBoolean(row.active),
    createdAt: Number(row.created_at),
  };
}
