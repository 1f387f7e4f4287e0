import { Migration } from '@mikro-orm/migrations';

/**
 * What a list reads of each of its images lies in one place of an index: where the image is, and its tags; and the access is copied
 * to the attachments, as what lists are ordered by is.
 */
export class OnePlace extends Migration {

  override name = '2026-11-24-one-place';

  override up(): void | Promise<void> {
    this.addSql('create index "image_attachment_places_index" on "image_attachment" ("image_id", "datacenter_id", "bound_image_id");');
    this.addSql('create index "image_tag_position_index" on "image_tag" ("image_id", "position", "tag");');

    this.addSql(`alter table "image_attachment" add "access" varchar(8) not null default '';`);
    this.addSql('update image_attachment a set access = i.access from image i where i.id = a.image_id;');
    this.addSql('create index "image_attachment_access_index" on "image_attachment" ("datacenter_id", "access", "image_id");');
    this.addSql(`create or replace function image_attachment_copy() returns trigger language plpgsql as $$ begin
      select i.name, i.alias, i.size_mib, i.created_at, i.access into new.name, new.alias, new.size_mib, new.image_created_at, new.access
        from image i where i.id = new.image_id for share;
      return new; end $$;`);
    this.addSql(`create or replace function image_attachment_recopy() returns trigger language plpgsql as $$ begin
      update image_attachment set name = new.name, alias = new.alias, size_mib = new.size_mib, image_created_at = new.created_at, access = new.access
        where image_id = new.id;
      update image_tag set name = new.name where image_id = new.id and name <> new.name;
      return null; end $$;`);
    this.addSql('drop trigger image_attachment_copy_update on image;');
    this.addSql(`create trigger image_attachment_copy_update after update of name, alias, size_mib, created_at, access on image for each row
      when ((new.name, new.alias, new.size_mib, new.created_at, new.access) is distinct from (old.name, old.alias, old.size_mib, old.created_at, old.access))
      execute function image_attachment_recopy();`);
  }

}
