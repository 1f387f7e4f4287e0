import { Migration } from '@mikro-orm/migrations';

const PLACES = "select coalesce(group_concat(case when a.bound_image_id is null then a.datacenter_id else -a.datacenter_id end), '') from image_attachment a where a.image_id =";
const TAGS = 'select json_group_array(z.tag order by z.position) from image_tag z where z.image_id =';

/**
 * What a list reads of each of its images lies in one row: where the image is, and its tags. What a user may use where nearly all images
 * are private to others is found by the access copied to the attachments. Indexes that are the beginning of another go.
 */
export class OnePlace extends Migration {

  override name = '2026-11-24-one-place';

  override up(): void | Promise<void> {
    this.addSql('drop index `image_attachment_image_id_index`;');
    this.addSql('drop index `image_attachment_datacenter_id_index`;');
    this.addSql('drop index `image_tag_image_id_index`;');
    this.addSql('drop index `virtual_disk_server_id_index`;');
    this.addSql('drop index `virtual_disk_image_id_index`;');
    this.addSql('drop index `virtual_server_datacenter_id_index`;');
    this.addSql('drop index `virtual_server_owner_id_index`;');
    this.copyToAttachments();
    this.copyToImages();
  }

  private copyToAttachments(): void {
    this.addSql('drop trigger image_attachment_copy_insert;');
    this.addSql('drop trigger image_attachment_copy_update;');
    this.addSql("alter table `image_attachment` add column `access` text not null default '';");
    this.addSql('update image_attachment set access = (select i.access from image i where i.id = image_id);');
    this.addSql('create index `image_attachment_access_index` on `image_attachment` (`datacenter_id`, `access`, `image_id`);');
    this.addSql(`create trigger image_attachment_copy_insert after insert on image_attachment when new.name = '' begin
      update image_attachment set (name, alias, size_mib, image_created_at, access) =
        (select i.name, i.alias, i.size_mib, i.created_at, i.access from image i where i.id = new.image_id)
      where image_id = new.image_id and datacenter_id = new.datacenter_id; end;`);
    this.addSql(`create trigger image_attachment_copy_update after update of name, alias, size_mib, created_at, access on image
      when (new.name, new.alias, new.size_mib, new.created_at, new.access) <> (old.name, old.alias, old.size_mib, old.created_at, old.access) begin
      update image_attachment set name = new.name, alias = new.alias, size_mib = new.size_mib, image_created_at = new.created_at, access = new.access
      where image_id = new.id;
      update image_tag set name = new.name where image_id = new.id and name <> new.name; end;`);
  }

  /** The manifest moves behind the new columns: what lies behind a long value is slow to reach. */
  private copyToImages(): void {
    this.addSql('alter table `image` rename column `manifest` to `manifest_before`;');
    this.addSql("alter table `image` add column `places` text not null default '';");
    this.addSql("alter table `image` add column `tag_list` text not null default '[]';");
    this.addSql("alter table `image` add column `manifest` text not null default '{}';");
    this.addSql(`update image set manifest = manifest_before, places = (${PLACES} image.id), tag_list = (${TAGS} image.id);`);
    this.addSql('alter table `image` drop column `manifest_before`;');
    this.follow('image_attachment', 'places', PLACES, 'bound_image_id');
    this.follow('image_tag', 'tag_list', TAGS, 'tag, position');
  }

  private follow(table: string, column: string, value: string, changing: string): void {
    for (const [event, row] of [['insert', 'new'], ['delete', 'old'], [`update of ${changing}`, 'new']] as const) {
      const name = `${table}_list_${event.slice(0, 6)}`;
      this.addSql(`create trigger ${name} after ${event} on ${table} begin
        update image set ${column} = (${value} ${row}.image_id) where id = ${row}.image_id; end;`);
    }
  }

}
