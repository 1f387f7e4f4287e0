import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

/** The callers of the bench; their keys are made of their names, so that they are the same in every run. */
export const CALLERS = ['admin', 'manager', 'plain'];

export function keyOf(caller) {
  return `igw_${createHash('sha256').update(caller).digest('base64url')}`;
}

/** A UUID that only depends on what it is for. */
export function uuidOf(text) {
  const hex = createHash('sha1').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function imageName(n) {
  return `image-${String(n).padStart(7, '0')}`;
}

const OS_TYPES = ['LINUX_VM', 'WINDOWS_VM', 'BSD_VM', 'SUNOS_ZONE'];
const OFFERED = 5000;

function fillPeople(db, counts) {
  const user = db.prepare('insert into user_account (username, created_at) values (?, 0)');
  for (const name of ['manager', 'plain']) user.run(name);
  for (let n = 0; n < counts.users; n += 1) user.run(`user-${n}`);
  const key = db.prepare(`insert into api_key (id, user_id, name, hash, created_at)
    values (?, (select id from user_account where username = ?), 'bench', ?, 0)`);
  for (const name of CALLERS) key.run(uuidOf(`key ${name}`), name, createHash('sha256').update(keyOf(name)).digest('hex'));
  const admin = db.prepare("select id from user_account where username = 'admin'").get().id;
  const datacenter = db.prepare('insert into datacenter (name, alias, access, owner_id, description, created_at) values (?, ?, ?, ?, ?, 0)');
  for (let n = 1; n < counts.datacenters; n += 1) datacenter.run(`dc-${String(n).padStart(4, '0')}`, `Datacenter ${n}`, n % 2 ? 'PUBLIC' : 'PRIVATE', admin, '');
  db.exec(`insert into user_group (name, alias, permissions, created_at) values ('managers', 'Managers', '["ADMIN","IMAGE_ADMIN","IMAGE_IMPORT_ADMIN"]', 0)`);
  db.exec(`insert into user_group_member (user_id, group_id) select u.id, g.id from user_account u, user_group g where u.username = 'manager' and g.name = 'managers'`);
  db.exec(`insert into datacenter_group (group_id, datacenter_id) select g.id, d.id from user_group g, datacenter d
    where g.name = 'managers' and (d.name = 'main' or d.id in (select id from datacenter where access = 'PRIVATE' order by id limit 4))`);
}

function fillImages(db, counts) {
  const datacenters = db.prepare('select id from datacenter order by id').all().map((row) => row.id);
  const owners = db.prepare("select id from user_account where username like 'user-%' order by id").all().map((row) => row.id);
  const image = db.prepare(`insert into image (uuid, name, alias, alias_key, version, access, owner_id, size_mib, os_type, resize, description,
    search_text, manifest, created_at, updated_at) values (?, ?, ?, ?, '1.0', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const attachment = db.prepare('insert or ignore into image_attachment (image_id, datacenter_id, bound_image_id) values (?, ?, ?)');
  const tag = db.prepare('insert into image_tag (image_id, tag, position) values (?, ?, ?)');
  for (let n = 0; n < counts.images; n += 1) {
    const name = imageName(n);
    const alias = `Image ${n}`;
    const description = `A template number ${n} of family ${n % 10}`;
    const { lastInsertRowid: id } = image.run(
      uuidOf(name), name, alias, alias.toLowerCase(), n % 5 === 4 ? 'PRIVATE' : 'PUBLIC', owners[n % owners.length], 1024 + (n % 100),
      OS_TYPES[n % OS_TYPES.length], n % 2, description, `${name}\n${alias}\n${description}`.toLowerCase(), '{}', n * 1000, n * 1000,
    );
    attachment.run(id, datacenters[0], n % 2 === 0 ? id : null);
    for (let k = 1; k <= n % 4; k += 1) attachment.run(id, datacenters[(n * 7 + k * 3) % datacenters.length], null);
    tag.run(id, 'bench', 0);
    if (n % 3 === 0) tag.run(id, 'third', 1);
  }
}

function fillRepository(db, counts) {
  const { lastInsertRowid: repository } = db.prepare(`insert into image_repository (name, url, status, image_count, generation, created_at)
    values ('bench', 'https://images.example.com', 'OK', ?, 1, 0)`).run(counts.offered);
  const entry = db.prepare(`insert into repository_image (repository_id, uuid, from_generation, name, version, type, os_type, description,
    size_mib, download_size, state, published_at, published_sort, problem, content_hash, search_text, manifest)
    values (?, ?, 1, ?, '1.0', 'zvol', 'LINUX_VM', ?, 1024, 4096, 'active', ?, ?, ?, '', ?, ?)`);
  for (let n = 0; n < counts.offered; n += 1) {
    const uuid = uuidOf(n % 4 === 0 ? imageName(n) : `offered ${n}`);
    const name = `offered-${n}`;
    const manifest = JSON.stringify({ v: 2, uuid, name, version: '1.0', type: 'zvol', os: 'linux', files: [{ size: 4096 }] });
    entry.run(repository, uuid, name, `Offered image ${n}`, n * 1000, n * 1000, n % 7 === 0 ? 'NO_FILE' : null, name, manifest);
  }
}

/** Puts people, datacenters, images and a loaded repository into a gateway's stopped SQLite file. */
export function fill(file, { images = 10_000, users = 100, datacenters = 20, offered = OFFERED } = {}) {
  const counts = { images, users, datacenters, offered };
  const db = new DatabaseSync(file);
  db.exec('begin');
  fillPeople(db, counts);
  fillImages(db, counts);
  fillRepository(db, counts);
  db.exec('commit; pragma wal_checkpoint(truncate)');
  db.close();
}
