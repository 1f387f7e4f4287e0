import { Migration } from '@mikro-orm/migrations';

/**
 * More filters and orders of lists. The attachments get copies of what a datacenter's images are sorted by, as they have of other columns.
 * The image gets the name of its owner, to be sorted by, and whether a server uses it; triggers keep both true. The searched texts of
 * users and groups that are not in ASCII stay null: the gateway fills them in when it starts, as SQL cannot tell their lower case. Host
 * names get an index of trigrams.
 */
export class ListFilters extends Migration {

  override name = '2026-11-27-list-filters';

  override up(): void | Promise<void> {
    this.searchPeople();
    this.addColumns();
    this.moveManifest();
    this.addIndexes();
    this.followImages();
    this.followDisks();
    this.searchServers();
  }

  private searchPeople(): void {
    this.addSql('alter table `user_account` add column `search_text` text null;');
    this.addSql(`update user_account set search_text = lower(username || char(10) || coalesce(email, ''))
      where length(cast(username || coalesce(email, '') as blob)) = length(username || coalesce(email, ''));`);
    this.addSql('create index `user_account_active_index` on `user_account` (`active`, `username`, `id`);');
    this.addSql('create index `user_account_super_admin_index` on `user_account` (`is_super_admin`);');
    this.addSql('create index `user_account_without_text_index` on `user_account` (`id`) where search_text is null;');
    this.addSql('alter table `user_group` add column `search_text` text null;');
    this.addSql(`update user_group set search_text = lower(name || char(10) || alias) where length(cast(name || alias as blob)) = length(name || alias);`);
    this.addSql('create index `user_group_without_text_index` on `user_group` (`id`) where search_text is null;');
  }

  private addColumns(): void {
    this.addSql("alter table `image` add column `owner_name` text not null default '';");
    this.addSql('alter table `image` add column `in_use` integer not null default false;');
    this.addSql('drop trigger image_attachment_copy_insert;');
    this.addSql('drop trigger image_attachment_copy_update;');
    this.addSql("alter table `image_attachment` add column `version` text not null default '';");
    this.addSql("alter table `image_attachment` add column `os_type` text not null default '';");
    this.addSql("alter table `image_attachment` add column `status` text not null default '';");
    this.addSql("alter table `image_attachment` add column `owner_name` text not null default '';");
    this.addSql('alter table `image_attachment` add column `image_updated_at` bigint not null default 0;');
  }

  /** The manifest moves behind the new columns: what lies behind a long value is slow to reach. The same statement fills them. */
  private moveManifest(): void {
    this.addSql('drop trigger image_published_insert;');
    this.addSql('drop trigger image_list_version_update;');
    this.addSql('alter table `image` rename column `manifest` to `manifest_before`;');
    this.addSql("alter table `image` add column `manifest` text not null default '{}';");
    this.addSql(`update image set manifest = manifest_before, owner_name = (select u.username from user_account u where u.id = owner_id),
      in_use = exists (select 1 from virtual_disk v where v.image_id = image.id);`);
    this.addSql('alter table `image` drop column `manifest_before`;');
    this.addSql(`create trigger image_published_insert after insert on image when new.published_at is null begin
      update image set published_at = case when not json_valid(new.manifest) then null when json_extract(new.manifest, '$.published_at') is null then new.created_at
    when (json_extract(new.manifest, '$.published_at') glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' or json_extract(new.manifest, '$.published_at') glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9]Z') and strftime('%Y-%m-%dT%H:%M:%S', json_extract(new.manifest, '$.published_at')) = substr(json_extract(new.manifest, '$.published_at'), 1, 19)
    then cast(round(unixepoch(json_extract(new.manifest, '$.published_at'), 'subsec') * 1000) as integer) end where id = new.id; end;`);
    this.addSql(`create trigger image_list_version_update after update of uuid, name, version, access, description, size_mib, resize, deploy, tag_list, manifest, file_size, file_sha1, file_md5, file_compression, created_at on image begin
        update image_list_version set version = lower(hex(randomblob(16))) where id = 1; end;`);
    this.addSql(`update image_attachment set (version, os_type, status, owner_name, image_updated_at) =
      (select i.version, i.os_type, i.status, i.owner_name, i.updated_at from image i where i.id = image_id);`);
  }

  private addIndexes(): void {
    this.addSql('drop index `image_os_type_index`;');
    this.addSql('drop index `image_status_index`;');
    this.addSql('create index `image_os_type_index` on `image` (`os_type`, `id`);');
    this.addSql('create index `image_status_index` on `image` (`status`, `id`);');
    this.addSql('create index `image_version_index` on `image` (`version`, `id`);');
    this.addSql('create index `image_owner_name_index` on `image` (`owner_name`, `id`);');
    this.addSql('create index `image_updated_at_index` on `image` (`updated_at`, `id`);');
    this.addSql('create index `image_in_use_index` on `image` (`in_use`);');
    this.addSql('create index `image_attachment_version_index` on `image_attachment` (`datacenter_id`, `version`, `image_id`);');
    this.addSql('create index `image_attachment_os_type_index` on `image_attachment` (`datacenter_id`, `os_type`, `image_id`);');
    this.addSql('create index `image_attachment_status_index` on `image_attachment` (`datacenter_id`, `status`, `image_id`);');
    this.addSql('create index `image_attachment_owner_index` on `image_attachment` (`datacenter_id`, `owner_name`, `image_id`);');
    this.addSql('create index `image_attachment_updated_index` on `image_attachment` (`datacenter_id`, `image_updated_at`, `image_id`);');
    this.addSql('create index `virtual_server_os_type_index` on `virtual_server` (`datacenter_id`, `os_type`);');
    this.addSql('create index `virtual_server_status_index` on `virtual_server` (`datacenter_id`, `status`);');
    this.addSql('drop index `task_repository_id_index`;');
    this.addSql('create index `task_repository_index` on `task` (`repository_id`, `created_at`);');
  }

  private followImages(): void {
    const copied = 'name, alias, size_mib, created_at, access, version, os_type, status, owner_name, updated_at';
    const copies = 'name, alias, size_mib, image_created_at, access, version, os_type, status, owner_name, image_updated_at';
    const of = (row: string): string => copied.split(', ').map((column) => `${row}.${column}`).join(', ');
    const ownerName = `coalesce((select u.username from user_account u where u.id = new.owner_id), '')`;
    this.addSql(`create trigger image_owner_name_insert after insert on image when new.owner_name = '' begin
      update image set owner_name = ${ownerName} where id = new.id; end;`);
    this.addSql(`create trigger image_owner_name_update after update of owner_id on image when new.owner_id <> old.owner_id begin
      update image set owner_name = ${ownerName} where id = new.id; end;`);
    // os_type, as older programs fill in the copies that they know by themselves.
    this.addSql(`create trigger image_attachment_copy_insert after insert on image_attachment when new.os_type = '' begin
      update image_attachment set (${copies}) = (select ${of('i')} from image i where i.id = new.image_id)
      where image_id = new.image_id and datacenter_id = new.datacenter_id; end;`);
    this.addSql(`create trigger image_attachment_copy_update after update of ${copied} on image when (${of('new')}) <> (${of('old')}) begin
      update image_attachment set (${copies}) = (${of('new')}) where image_id = new.id;
      update image_tag set name = new.name where image_id = new.id and name <> new.name; end;`);
  }

  private followDisks(): void {
    const take = 'update image set in_use = true where id = new.image_id and not in_use;';
    const release = `update image set in_use = false where id = old.image_id and in_use
      and not exists (select 1 from virtual_disk v where v.image_id = old.image_id);`;
    this.addSql(`create trigger image_in_use_insert after insert on virtual_disk when new.image_id is not null begin ${take} end;`);
    this.addSql(`create trigger image_in_use_delete after delete on virtual_disk when old.image_id is not null begin ${release} end;`);
    this.addSql(`create trigger image_in_use_update after update of image_id on virtual_disk when new.image_id is not old.image_id begin ${release} ${take} end;`);
  }

  /** Host names are ASCII. Two line ends close each, so that its last two characters begin a trigram as all others do. */
  private searchServers(): void {
    const add = 'insert into virtual_server_search (rowid, search_text) values (new.id, lower(new.hostname) || char(10, 10));';
    const remove = `insert into virtual_server_search (virtual_server_search, rowid, search_text) values ('delete', old.id, lower(old.hostname) || char(10, 10));`;
    this.addSql(`create virtual table virtual_server_search using fts5(search_text, content='', columnsize=0, detail=none,
      tokenize='trigram case_sensitive 1');`);
    this.addSql(`create virtual table virtual_server_search_term using fts5vocab('virtual_server_search', 'instance');`);
    this.addSql(`insert into virtual_server_search (rowid, search_text) select id, lower(hostname) || char(10, 10) from virtual_server;`);
    this.addSql(`create trigger virtual_server_search_insert after insert on virtual_server begin ${add} end;`);
    this.addSql(`create trigger virtual_server_search_delete after delete on virtual_server begin ${remove} end;`);
    this.addSql(`create trigger virtual_server_search_update after update of hostname on virtual_server when new.hostname <> old.hostname begin
      ${remove} ${add} end;`);
  }

}
