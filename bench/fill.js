import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

/** Puts images with tags into a gateway's stopped SQLite file, attached to `main`, every other one bound there. */
export function fillImages(file, count) {
  const db = new DatabaseSync(file);
  const { id: owner } = db.prepare("select id from user_account where username = 'admin'").get();
  const { id: datacenter } = db.prepare("select id from datacenter where name = 'main'").get();
  const image = db.prepare(`insert into image (uuid, name, alias, alias_key, version, access, owner_id, size_mib, os_type,
    search_text, manifest, created_at, updated_at) values (?, ?, ?, ?, '1.0', 'PUBLIC', ?, ?, 'LINUX_VM', ?, '{}', ?, ?)`);
  const attachment = db.prepare('insert into image_attachment (image_id, datacenter_id, bound_image_id) values (?, ?, ?)');
  const tag = db.prepare("insert into image_tag (image_id, tag, position) values (?, 'linux', 0)");
  db.exec('begin');
  for (let n = 0; n < count; n += 1) {
    const name = `image-${String(n).padStart(7, '0')}`;
    const { lastInsertRowid: id } = image.run(randomUUID(), name, name, name, owner, 1024 + (n % 100), name, n * 1000, n * 1000);
    attachment.run(id, datacenter, n % 2 === 0 ? id : null);
    tag.run(id);
  }
  db.exec('commit; analyze');
  db.close();
}
