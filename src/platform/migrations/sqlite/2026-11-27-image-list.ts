import { Migration } from '@mikro-orm/migrations';

/** The columns that the manifest of an image is made of. */
const SHOWN = 'uuid, name, version, access, description, size_mib, resize, deploy, tag_list, manifest, file_size, file_sha1, file_md5, file_compression, created_at';

/** The list of the image server: in the order of publication from an index, and with a version that changes with whatever it shows. */
export class ImageList extends Migration {

  override name = '2026-11-27-image-list';

  override up(): void | Promise<void> {
    this.addSql('alter table `image` add column `published_at` bigint null;');
    this.addSql('create index `image_published_index` on `image` (`published_at`, `uuid`);');
    this.addSql('create index `image_access_published_index` on `image` (`access`, `published_at`, `uuid`);');
    this.addSql('create table `image_list_version` (`id` integer not null primary key, `version` text not null, constraint image_list_version_single_row check (id = 1));');
    this.addSql("insert into image_list_version (id, version) values (1, lower(hex(randomblob(16))));");
    for (const event of ['insert', 'delete', `update of ${SHOWN}`]) {
      this.addSql(`create trigger image_list_version_${event.slice(0, 6)} after ${event} on image begin
        update image_list_version set version = lower(hex(randomblob(16))) where id = 1; end;`);
    }
  }

}
