import { Migration } from '@mikro-orm/migrations';

/**
 * More filters and orders of lists. The attachments get copies of what a datacenter's images are sorted by, as they have of other columns.
 * The image gets the name of its owner, to be sorted by, and whether a server uses it; triggers keep both true. The searched texts of
 * users and groups that are not in ASCII stay null: the gateway fills them in when it starts, as SQL cannot tell their lower case.
 */
export class ListFilters extends Migration {

  override name = '2026-11-27-list-filters';

  override up(): void | Promise<void> {
    this.searchPeople();
    this.addColumns();
    this.addIndexes();
    this.followImages();
    this.followDisks();
  }

  private searchPeople(): void {
    this.addSql('alter table "user_account" add "search_text" text null;');
    this.addSql(`update user_account set search_text = lower(username || chr(10) || coalesce(email, '') collate "C")
      where octet_length(username || coalesce(email, '')) = length(username || coalesce(email, ''));`);
    this.addSql('create index "user_account_active_index" on "user_account" ("active", "username", "id");');
    this.addSql('create index "user_account_super_admin_index" on "user_account" ("is_super_admin");');
    this.addSql('create index "user_account_without_text_index" on "user_account" ("id") where search_text is null;');
    this.addSql('alter table "user_group" add "search_text" text null;');
    this.addSql('update user_group set search_text = lower(name || chr(10) || alias collate "C") where octet_length(name || alias) = length(name || alias);');
    this.addSql('create index "user_group_without_text_index" on "user_group" ("id") where search_text is null;');
  }

  private addColumns(): void {
    this.addSql(`alter table "image" add "owner_name" varchar(64) not null default '', add "in_use" boolean not null default false;`);
    this.addSql(`update image set owner_name = (select u.username from user_account u where u.id = owner_id),
      in_use = exists (select 1 from virtual_disk v where v.image_id = image.id);`);
    this.addSql(`alter table "image_attachment" add "version" varchar(16) not null default '', add "os_type" varchar(16) not null default '', add "status" varchar(8) not null default '', add "owner_name" varchar(64) not null default '', add "image_updated_at" bigint not null default 0;`);
    this.addSql(`update image_attachment a set version = i.version, os_type = i.os_type, status = i.status, owner_name = i.owner_name, image_updated_at = i.updated_at
      from image i where i.id = a.image_id;`);
  }

  private addIndexes(): void {
    this.addSql('drop index "image_os_type_index";');
    this.addSql('drop index "image_status_index";');
    this.addSql('create index "image_os_type_index" on "image" ("os_type", "id");');
    this.addSql('create index "image_status_index" on "image" ("status", "id");');
    this.addSql('create index "image_version_index" on "image" ("version", "id");');
    this.addSql('create index "image_owner_name_index" on "image" ("owner_name", "id");');
    this.addSql('create index "image_updated_at_index" on "image" ("updated_at", "id");');
    this.addSql('create index "image_in_use_index" on "image" ("in_use");');
    this.addSql('create index "image_attachment_version_index" on "image_attachment" ("datacenter_id", "version", "image_id");');
    this.addSql('create index "image_attachment_os_type_index" on "image_attachment" ("datacenter_id", "os_type", "image_id");');
    this.addSql('create index "image_attachment_status_index" on "image_attachment" ("datacenter_id", "status", "image_id");');
    this.addSql('create index "image_attachment_owner_index" on "image_attachment" ("datacenter_id", "owner_name", "image_id");');
    this.addSql('create index "image_attachment_updated_index" on "image_attachment" ("datacenter_id", "image_updated_at", "image_id");');
    this.addSql('create index "virtual_server_os_type_index" on "virtual_server" ("datacenter_id", "os_type");');
    this.addSql('create index "virtual_server_status_index" on "virtual_server" ("datacenter_id", "status");');
    this.addSql('drop index "task_repository_id_index";');
    this.addSql('create index "task_repository_index" on "task" ("repository_id", "created_at");');
  }

  private followImages(): void {
    const copied = 'name, alias, size_mib, created_at, access, version, os_type, status, owner_name, updated_at';
    const copies = 'name, alias, size_mib, image_created_at, access, version, os_type, status, owner_name, image_updated_at';
    const of = (row: string, columns = copied): string => columns.split(', ').map((column) => `${row}.${column}`).join(', ');
    this.addSql(`create function image_owner_name() returns trigger language plpgsql as $$ begin
      new.owner_name := coalesce((select u.username from user_account u where u.id = new.owner_id), '');
      return new; end $$;`);
    this.addSql(`create trigger image_owner_name_insert before insert on image for each row when (new.owner_name = '') execute function image_owner_name();`);
    this.addSql(`create trigger image_owner_name_update before update of owner_id on image for each row
      when (new.owner_id <> old.owner_id) execute function image_owner_name();`);
    // The image is locked as a writer does it: two that share it would wait for each other in the triggers that follow.
    this.addSql(`create or replace function image_attachment_copy() returns trigger language plpgsql as $$ begin
      select ${of('i')} into ${of('new', copies)}
        from image i where i.id = new.image_id for no key update;
      return new; end $$;`);
    // os_type, as older programs fill in the copies that they know by themselves.
    this.addSql('drop trigger image_attachment_copy_insert on image_attachment;');
    this.addSql(`create trigger image_attachment_copy_insert before insert on image_attachment for each row when (new.os_type = '') execute function image_attachment_copy();`);
    this.addSql(`create or replace function image_attachment_recopy() returns trigger language plpgsql as $$ begin
      update image_attachment set (${copies}) = (${of('new')}) where image_id = new.id;
      update image_tag set name = new.name where image_id = new.id and name <> new.name;
      return null; end $$;`);
    this.addSql('drop trigger image_attachment_copy_update on image;');
    // owner_id, as a trigger on a column does not fire for what another trigger puts into it.
    this.addSql(`create trigger image_attachment_copy_update after update of ${copied}, owner_id on image for each row
      when ((${of('new')}) is distinct from (${of('old')}))
      execute function image_attachment_recopy();`);
  }

  /** The image is locked first, by a statement of its own: the next one sees what those did who held it before. */
  private followDisks(): void {
    this.addSql(`create function image_in_use(changed int) returns void language plpgsql as $$ declare used boolean; begin
      perform 1 from image where id = changed for no key update;
      used := exists (select 1 from virtual_disk v where v.image_id = changed);
      update image set in_use = used where id = changed and in_use <> used;
      end $$;`);
    this.addSql(`create function image_in_use_follow() returns trigger language plpgsql as $$ begin
      if old.image_id is not null then perform image_in_use(old.image_id); end if;
      if new.image_id is not null then perform image_in_use(new.image_id); end if;
      return null; end $$;`);
    for (const event of ['insert', 'delete', 'update of image_id']) {
      this.addSql(`create trigger image_in_use_${event.slice(0, 6)} after ${event} on virtual_disk for each row execute function image_in_use_follow();`);
    }
  }

}
