import { Migration } from '@mikro-orm/migrations';

/** The searched texts of users get an index of trigrams, which `prepareSearch` makes, as not every role may install what it needs. */
export class UserSearch extends Migration {

  override name = '2026-11-28-user-search';

  override up(): void | Promise<void> {
    // Nothing else changes on this database.
  }

}
