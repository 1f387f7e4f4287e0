import { Migration } from '@mikro-orm/migrations';

/**
 * What a list reads of each of its images lies in one place of an index: where the image is, and its tags. What a user may use where
 * nearly all images are private to others is found by the access copied to the attachments. Indexes that are the beginning of another go.
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
    this.addSql('create index `image_attachment_places_index` on `image_attachment` (`image_id`, `datacenter_id`, `bound_image_id`);');
    this.addSql('create index `image_tag_position_index` on `image_tag` (`image_id`, `position`, `tag`);');

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

}
