import { Migration } from '@mikro-orm/migrations';

/** The same columns as on SQLite, which alone uses this one: here the search index is one of the table's own. */
export class KeptSearch extends Migration {

  override name = '2026-11-24-kept-search';

  override up(): void | Promise<void> {
    this.addSql('alter table "repository_image" add column "search_id" int null;');
    this.addSql('create index "repository_image_search_id_index" on "repository_image" ("search_id") where search_id > 0;');
  }

}
