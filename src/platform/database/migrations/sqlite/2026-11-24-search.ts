import { Migration } from '@mikro-orm/migrations';

/**
 * Search by an index of trigrams, and lists of a datacenter in order from the attachments themselves. No entity describes the
 * triggers and the search tables: a later migration that rebuilds one of these tables makes its triggers anew.
 */
export class Search extends Migration {

  override name = '2026-11-24-search';

  override up(): void | Promise<void> {
    this.addSql('create index `image_access_index` on `image` (`access`);');
    this.addSql('create index `image_os_type_index` on `image` (`os_type`);');

    this.addSql('drop index `image_attachment_bound_image_id_unique`;');
    this.addSql('create unique index `image_attachment_bound_image_id_unique` on `image_attachment` (`bound_image_id`) where bound_image_id is not null;');
    this.addSql("alter table `image_attachment` add column `name` text not null default '';");
    this.addSql("alter table `image_attachment` add column `alias` text not null default '';");
    this.addSql('alter table `image_attachment` add column `size_mib` integer not null default 0;');
    this.addSql('alter table `image_attachment` add column `image_created_at` bigint not null default 0;');
    this.addSql(`update image_attachment set (name, alias, size_mib, image_created_at) =
      (select i.name, i.alias, i.size_mib, i.created_at from image i where i.id = image_id);`);
    this.addSql('create index `image_attachment_name_index` on `image_attachment` (`datacenter_id`, `name`, `image_id`);');
    this.addSql('create index `image_attachment_alias_index` on `image_attachment` (`datacenter_id`, `alias`, `image_id`);');
    this.addSql('create index `image_attachment_size_index` on `image_attachment` (`datacenter_id`, `size_mib`, `image_id`);');
    this.addSql('create index `image_attachment_created_index` on `image_attachment` (`datacenter_id`, `image_created_at`, `image_id`);');
    this.addSql(`create trigger image_attachment_copy_insert after insert on image_attachment when new.name = '' begin
      update image_attachment set (name, alias, size_mib, image_created_at) =
        (select i.name, i.alias, i.size_mib, i.created_at from image i where i.id = new.image_id)
      where image_id = new.image_id and datacenter_id = new.datacenter_id; end;`);
    this.addSql(`create trigger image_attachment_copy_update after update of name, alias, size_mib, created_at on image
      when (new.name, new.alias, new.size_mib, new.created_at) <> (old.name, old.alias, old.size_mib, old.created_at) begin
      update image_attachment set name = new.name, alias = new.alias, size_mib = new.size_mib, image_created_at = new.created_at
      where image_id = new.id;
      update image_tag set name = new.name where image_id = new.id and name <> new.name; end;`);

    this.addSql("alter table `image_tag` add column `name` text not null default '';");
    this.addSql('update image_tag set name = (select i.name from image i where i.id = image_id);');
    this.addSql('create index `image_tag_name_index` on `image_tag` (`tag`, `name`, `image_id`);');
    this.addSql(`create trigger image_tag_copy_insert after insert on image_tag when new.name = '' begin
      update image_tag set name = (select i.name from image i where i.id = new.image_id)
      where image_id = new.image_id and tag = new.tag; end;`);

    for (const table of ['image', 'repository_image']) this.addSearch(table);
  }

  /**
   * Two line ends close each text, so that its last two characters begin a trigram as all others do. What is taken out is
   * named with its text: an index that finds it by the id alone is ten times slower to delete from.
   */
  private addSearch(table: string): void {
    const add = `insert into ${table}_search (rowid, search_text) values (new.id, new.search_text || char(10, 10));`;
    const remove = `insert into ${table}_search (${table}_search, rowid, search_text) values ('delete', old.id, old.search_text || char(10, 10));`;
    this.addSql(`create virtual table ${table}_search using fts5(search_text, content='', columnsize=0, detail=none,
      tokenize='trigram case_sensitive 1');`);
    this.addSql(`create virtual table ${table}_search_term using fts5vocab('${table}_search', 'instance');`);
    this.addSql(`insert into ${table}_search (rowid, search_text) select id, search_text || char(10, 10) from ${table};`);
    this.addSql(`create trigger ${table}_search_insert after insert on ${table} begin ${add} end;`);
    this.addSql(`create trigger ${table}_search_delete after delete on ${table} begin ${remove} end;`);
    this.addSql(`create trigger ${table}_search_update after update of search_text on ${table} when new.search_text <> old.search_text begin
      ${remove} ${add} end;`);
  }

}
