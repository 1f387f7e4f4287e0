import { Migration } from '@mikro-orm/migrations';

/**
 * The searched texts of users get an index of trigrams. Two line ends close each text, so that its last two characters begin a trigram as
 * all others do. Users without a searched text are not in the index: the gateway fills the text in when it starts, and a trigger adds them.
 */
export class UserSearch extends Migration {

  override name = '2026-11-28-user-search';

  override up(): void | Promise<void> {
    const add = `insert into user_account_search (rowid, search_text)
      select new.id, new.search_text || char(10, 10) where new.search_text is not null;`;
    const remove = `insert into user_account_search (user_account_search, rowid, search_text)
      select 'delete', old.id, old.search_text || char(10, 10) where old.search_text is not null;`;
    this.addSql(`create virtual table user_account_search using fts5(search_text, content='', columnsize=0, detail=none,
      tokenize='trigram case_sensitive 1');`);
    this.addSql(`create virtual table user_account_search_term using fts5vocab('user_account_search', 'instance');`);
    this.addSql('insert into user_account_search (rowid, search_text) select id, search_text || char(10, 10) from user_account where search_text is not null;');
    this.addSql(`create trigger user_account_search_insert after insert on user_account begin ${add} end;`);
    this.addSql(`create trigger user_account_search_delete after delete on user_account begin ${remove} end;`);
    this.addSql(`create trigger user_account_search_update after update of search_text on user_account when new.search_text is not old.search_text begin
      ${remove} ${add} end;`);
  }

}
