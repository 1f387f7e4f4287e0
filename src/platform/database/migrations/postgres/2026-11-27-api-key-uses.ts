import { Migration } from '@mikro-orm/migrations';

/** The first characters of each key, to find it by in a list, and when it was last used: in a table of its own, as each write to api_key invalidates cached permissions. */
export class ApiKeyUses extends Migration {

  override name = '2026-11-27-api-key-uses';

  override up(): void | Promise<void> {
    this.addSql('create table "api_key_use" ("key_id" varchar(36) not null, "last_used_at" bigint not null, primary key ("key_id"));');
    this.addSql(`alter table "api_key" add "prefix" varchar(12) not null default 'igw_';`);
    this.addSql('alter table "api_key_use" add constraint "api_key_use_key_id_foreign" foreign key ("key_id") references "api_key" ("id") on update cascade on delete cascade;');
  }

}
