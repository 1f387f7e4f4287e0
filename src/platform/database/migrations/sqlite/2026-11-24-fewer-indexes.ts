import { Migration } from '@mikro-orm/migrations';

/** Entries of repositories are written by the hundred thousand: what no question needs is not indexed. */
export class FewerIndexes extends Migration {

  override name = '2026-11-24-fewer-indexes';

  override up(): void | Promise<void> {
    // Each of the others begins with the repository as well.
    this.addSql('drop index `repository_image_repository_id_index`;');
    this.addSql('drop index `repository_image_generation_index`;');
    // How many pieces of the search index may lie side by side: with 4, as is usual, deleting takes a fifth longer.
    this.addSql("insert into repository_image_search (repository_image_search, rank) values ('automerge', 8);");
  }

}
