import { Migration } from '@mikro-orm/migrations';

/** The columns that the manifest of an image is made of. */
const SHOWN = 'uuid, name, version, access, description, size_mib, resize, deploy, tag_list, manifest, file_size, file_sha1, file_md5, file_compression, created_at';

/**
 * Of the manifest, a date in IMGAPI's own form; without one, when the image came into the catalogue.
 * Null where a date is written in another form, or is none: the gateway reads those.
 */
function publication(image: string): string {
  const date = `json_extract(${image}.manifest, '$.published_at')`;
  const second = '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]';
  return `case when not json_valid(${image}.manifest) then null when ${date} is null then ${image}.created_at
    when (${date} glob '${second}Z' or ${date} glob '${second}.[0-9][0-9][0-9]Z') and strftime('%Y-%m-%dT%H:%M:%S', ${date}) = substr(${date}, 1, 19)
    then cast(round(unixepoch(${date}, 'subsec') * 1000) as integer) end`;
}

/** The list of the image server: in the order of publication from an index, and with a version that changes with whatever it shows. */
export class ImageList extends Migration {

  override name = '2026-11-27-image-list';

  override up(): void | Promise<void> {
    this.addSql('alter table `image` add column `published_at` bigint null;');
    this.addSql(`update image set published_at = ${publication('image')};`);
    this.addSql(`create trigger image_published_insert after insert on image when new.published_at is null begin
      update image set published_at = ${publication('new')} where id = new.id; end;`);
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
