import Database from 'better-sqlite3';

// What every peer reads: the same file, the same conditions that the gateway puts on the rows of these callers, prepared
// once. The peers ask nobody who they are; the ids of what their callers may see are read at the start.
const FILE = process.argv[2];
export const db = new Database(FILE);
db.pragma('journal_mode = wal');
db.pragma('synchronous = normal');
db.pragma('foreign_keys = on');

export const one = (sql, ...values) => db.prepare(sql).get(...values);
const ids = (sql, ...values) => db.prepare(sql).pluck().all(...values).join(',');
const administered = ids(`select x.datacenter_id from datacenter_group x join user_group_member m on m.group_id = x.group_id
  join user_account u on u.id = m.user_id where u.username = 'manager'`);
export const MANAGER = one("select id from user_account where username = 'manager'").id;
export const PLAIN = one("select id from user_account where username = 'plain'").id;
export const ADMIN = one("select id from user_account where username = 'admin'").id;

const usable = (user) => `i.status <> 'PENDING' and (i.access = 'PUBLIC' or (i.access = 'PRIVATE' and i.owner_id = ${user}))`;
export const visibleDatacenter = `(d.access = 'PUBLIC' or d.id in (${administered}))`;
export const visibleImage = `((i.access <> 'DELETED' and exists (select 1 from image_attachment a where a.image_id = i.id and a.datacenter_id in (${administered})))
  or (${usable(MANAGER)} and exists (select 1 from image_attachment a join datacenter d on d.id = a.datacenter_id where a.image_id = i.id and ${visibleDatacenter}))
  or (i.access = 'DELETED' and exists (select 1 from image_attachment a where a.bound_image_id = i.id and a.datacenter_id in (${administered}))))`;

/** Attachments lead to the images of a datacenter in order, and the index of trigrams to what is searched for. */
export const attachedFrom = 'image_attachment l cross join image i';
const attached = 'l.datacenter_id = ? and i.id = l.image_id';
export const conditions = {
  page: `${attached} and i.access <> 'DELETED'`,
  usable: `${attached} and ${usable(PLAIN)}`,
  found: `exists (select 1 from image_attachment a where a.image_id = i.id and a.datacenter_id = ?) and i.access <> 'DELETED'
    and i.os_type in ('LINUX_VM', 'BSD_VM') and i.id in (select x.rowid from image_search x where x.image_search match ?)
    and i.search_text like ? escape '\\' and b.image_id is not null`,
  offered: 'o.repository_id = ? and r.generation >= +o.from_generation and r.generation < +o.to_generation',
};
export const order = { page: 'l.name, l.image_id', found: 'i.created_at desc, i.id desc' };

/** A search in the words of the index. */
export function trigrams(text) {
  const characters = [...text.toLowerCase()];
  return [...new Set(characters.slice(2).map((last, at) => `"${characters[at]}${characters[at + 1]}${last}"`))].join(' AND ');
}

export const reason = `case when i.id is not null then 'ALREADY_EXISTS' when o.problem is not null then o.problem
  when o.origin is not null and base.id is null then 'MISSING_ORIGIN' end`;
export const offeredFrom = `repository_image o join image_repository r on r.id = o.repository_id left join image i on i.uuid = o.uuid
  left join image base on base.uuid = o.origin and base.status = 'OK'`;

export function pattern(text) {
  return `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
}

export function cursor(value, id, orderName) {
  return Buffer.from(JSON.stringify([value, id, orderName])).toString('base64url');
}

/** The write side of attach and detach: the row and its line in the log, one transaction each. */
const insertAttachment = db.prepare('insert into image_attachment (image_id, datacenter_id) values (?, ?)');
const deleteAttachment = db.prepare('delete from image_attachment where image_id = ? and datacenter_id = ?');
const touch = db.prepare('update image set updated_at = ? where id = ?');
const insertTask = db.prepare(`insert into task (id, action, status, phase, attempts, cancel_requested, user_id, datacenter_id, image_id, image_name,
  detail, instructions, created_at, started_at, finished_at) values (?, ?, 'SUCCEEDED', 'DONE', 0, 0, ${ADMIN}, ?, ?, ?, '{}', '{}', ?, ?, ?)`);
const used = db.prepare('select 1 from virtual_disk v join virtual_server s on s.id = v.server_id where v.image_id = ? and s.datacenter_id = ?');
export const findImage = db.prepare('select id, name from image where name = ?');
export const findDatacenter = db.prepare('select id, name from datacenter where name = ?');

function log(action, image, datacenter) {
  const now = Date.now();
  touch.run(now, image.id);
  insertTask.run(crypto.randomUUID(), action, datacenter.id, image.id, image.name, now, now, now);
}

export const attach = db.transaction((image, datacenter) => {
  insertAttachment.run(image.id, datacenter.id);
  log('IMAGE_ATTACH', image, datacenter);
});
export const detach = db.transaction((image, datacenter) => {
  if (used.get(image.id, datacenter.id)) throw new Error('It is in use.');
  deleteAttachment.run(image.id, datacenter.id);
  log('IMAGE_DETACH', image, datacenter);
});
