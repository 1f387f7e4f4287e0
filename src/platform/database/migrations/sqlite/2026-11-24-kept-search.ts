import { Migration } from '@mikro-orm/migrations';

const SHARED = 'exists (select 1 from repository_image r where r.search_id > 0 and r.search_id = old.id)';

/**
 * A changed entry of the same text keeps the place of the one before it in the search index, as writing and deleting trigrams
 * took a third of a load. The place is free once the last entry that shares it is deleted, whichever of them that is.
 */
export class KeptSearch extends Migration {

  override name = '2026-11-24-kept-search';

  override up(): void | Promise<void> {
    this.addSql('alter table `repository_image` add column `search_id` integer null;');
    this.addSql('create index `repository_image_search_id_index` on `repository_image` (`search_id`) where search_id > 0;');
    this.addSql('drop trigger repository_image_search_insert;');
    this.addSql('drop trigger repository_image_search_delete;');
    // 0: whoever inserts it puts it into the index himself, many at once.
    this.addSql(`create trigger repository_image_search_insert after insert on repository_image when new.search_id is null begin
      insert into repository_image_search (rowid, search_text) values (new.id, new.search_text || char(10, 10)); end;`);
    this.addSql(`create trigger repository_image_search_delete after delete on repository_image when coalesce(old.search_id, 0) = 0 and not ${SHARED} begin
      insert into repository_image_search (repository_image_search, rowid, search_text) values ('delete', old.id, old.search_text || char(10, 10)); end;`);
    this.addSql(`create trigger repository_image_search_delete_last after delete on repository_image when old.search_id > 0
      and not exists (select 1 from repository_image r where r.id = old.search_id)
      and not exists (select 1 from repository_image r where r.search_id > 0 and r.search_id = old.search_id) begin
      insert into repository_image_search (repository_image_search, rowid, search_text) values ('delete', old.search_id, old.search_text || char(10, 10)); end;`);
    this.addSql(`create trigger repository_image_search_update_shared before update of search_text on repository_image
      when new.search_text <> old.search_text and (old.search_id > 0 or ${SHARED}) begin
      select raise(abort, 'An entry that shares its place in the search index keeps its text.'); end;`);
  }

}
