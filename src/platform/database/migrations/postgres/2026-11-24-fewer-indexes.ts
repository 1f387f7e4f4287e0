import { Migration } from '@mikro-orm/migrations';

/** Entries of repositories are written by the hundred thousand: what no question needs is not indexed. */
export class FewerIndexes extends Migration {

  override name = '2026-11-24-fewer-indexes';

  override up(): void | Promise<void> {
    this.addSql('drop index "repository_image_generation_index";');
  }

}
