import { Migration } from '@mikro-orm/migrations';

const PLACES = "select coalesce(string_agg(cast(case when a.bound_image_id is null then a.datacenter_id else -a.datacenter_id end as text), ','), '') from image_attachment a where a.image_id =";
const TAGS = "select coalesce(cast(json_agg(z.tag order by z.position) as text), '[]') from image_tag z where z.image_id =";

/**
 * What a list reads of each of its images lies in one row: where the image is, and its tags; and the access is copied to the
 * attachments, as what lists are ordered by is.
 */
export class OnePlace extends Migration {

  override name = '2026-11-24-one-place';

  override up(): void | Promise<void> {
    this.addSql(`alter table "image_attachment" add "access" varchar(8) not null default '';`);
    this.addSql('update image_attachment a set access = i.access from image i where i.id = a.image_id;');
    this.addSql('create index "image_attachment_access_index" on "image_attachment" ("datacenter_id", "access", "image_id");');
    // The image is locked as a writer does it: two that share it would wait for each other below.
    this.addSql(`create or replace function image_attachment_copy() returns trigger language plpgsql as $$ begin
      select i.name, i.alias, i.size_mib, i.created_at, i.access into new.name, new.alias, new.size_mib, new.image_created_at, new.access
        from image i where i.id = new.image_id for no key update;
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

    this.addSql(`alter table "image" add "places" text not null default '', add "tag_list" text not null default '[]', alter column "manifest" set default '{}';`);
    this.addSql(`update image set places = (${PLACES} image.id), tag_list = (${TAGS} image.id);`);
    this.follow('image_attachment', 'places', PLACES, 'bound_image_id');
    this.follow('image_tag', 'tag_list', TAGS, 'tag, position');
  }

  /** The image is locked first, by a statement of its own: the next one sees what those did who held it before. */
  private follow(table: string, column: string, value: string, changing: string): void {
    this.addSql(`create function ${table}_list() returns trigger language plpgsql as $$ declare changed int := coalesce(new.image_id, old.image_id); begin
      perform 1 from image where id = changed for no key update;
      update image set ${column} = (${value} changed) where id = changed;
      return null; end $$;`);
    this.addSql(`create trigger ${table}_list_change after insert or delete or update of ${changing} on ${table} for each row execute function ${table}_list();`);
  }

}
