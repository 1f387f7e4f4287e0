import { Migration } from '@mikro-orm/migrations';

/**
 * Lists of a datacenter in order from the attachments themselves, by copies that triggers keep true; no entity describes
 * them. The index of trigrams is made by `prepareSearch`, as not every role may install what it needs.
 */
export class Search extends Migration {

  override name = '2026-11-24-search';

  override up(): void | Promise<void> {
    this.addSql('create index "image_access_index" on "image" ("access");');
    this.addSql('create index "image_os_type_index" on "image" ("os_type");');

    this.addSql('alter table "image_attachment" drop constraint "image_attachment_bound_image_id_unique";');
    this.addSql('create unique index "image_attachment_bound_image_id_unique" on "image_attachment" ("bound_image_id") where bound_image_id is not null;');
    this.addSql(`alter table "image_attachment" add "name" varchar(32) not null default '', add "alias" varchar(32) not null default '', add "size_mib" int not null default 0, add "image_created_at" bigint not null default 0;`);
    this.addSql(`update image_attachment a set name = i.name, alias = i.alias, size_mib = i.size_mib, image_created_at = i.created_at
      from image i where i.id = a.image_id;`);
    this.addSql('create index "image_attachment_name_index" on "image_attachment" ("datacenter_id", "name", "image_id");');
    this.addSql('create index "image_attachment_alias_index" on "image_attachment" ("datacenter_id", "alias", "image_id");');
    this.addSql('create index "image_attachment_size_index" on "image_attachment" ("datacenter_id", "size_mib", "image_id");');
    this.addSql('create index "image_attachment_created_index" on "image_attachment" ("datacenter_id", "image_created_at", "image_id");');
    this.addSql(`alter table "image_tag" add "name" varchar(32) not null default '';`);
    this.addSql('update image_tag t set name = i.name from image i where i.id = t.image_id;');
    this.addSql('create index "image_tag_name_index" on "image_tag" ("tag", "name", "image_id");');
    // The image is locked: an attachment made while its alias changes would keep the old one.
    this.addSql(`create function image_attachment_copy() returns trigger language plpgsql as $$ begin
      select i.name, i.alias, i.size_mib, i.created_at into new.name, new.alias, new.size_mib, new.image_created_at
        from image i where i.id = new.image_id for share;
      return new; end $$;`);
    this.addSql(`create trigger image_attachment_copy_insert before insert on image_attachment for each row when (new.name = '') execute function image_attachment_copy();`);
    this.addSql(`create function image_tag_copy() returns trigger language plpgsql as $$ begin
      select i.name into new.name from image i where i.id = new.image_id;
      return new; end $$;`);
    this.addSql(`create trigger image_tag_copy_insert before insert on image_tag for each row when (new.name = '') execute function image_tag_copy();`);
    this.addSql(`create function image_attachment_recopy() returns trigger language plpgsql as $$ begin
      update image_attachment set name = new.name, alias = new.alias, size_mib = new.size_mib, image_created_at = new.created_at
        where image_id = new.id;
      update image_tag set name = new.name where image_id = new.id and name <> new.name;
      return null; end $$;`);
    this.addSql(`create trigger image_attachment_copy_update after update of name, alias, size_mib, created_at on image for each row
      when ((new.name, new.alias, new.size_mib, new.created_at) is distinct from (old.name, old.alias, old.size_mib, old.created_at))
      execute function image_attachment_recopy();`);
  }

}
