import { Migration } from '@mikro-orm/migrations';

/** The task that each request with an idempotency key has made: a request that is sent again must make no second one. The primary key decides between two at once. */
export class IdempotencyKeys extends Migration {

  override name = '2026-11-27-idempotency-keys';

  override up(): void | Promise<void> {
    this.addSql('create table "idempotency_key" ("user_id" int not null, "request_key" varchar(200) not null, "input_hash" varchar(64) not null, "task_id" varchar(36) not null, "created_at" bigint not null, primary key ("user_id", "request_key"));');
    this.addSql('create index "idempotency_key_task_id_index" on "idempotency_key" ("task_id");');
    this.addSql('create index "idempotency_key_created_at_index" on "idempotency_key" ("created_at");');
    this.addSql('alter table "idempotency_key" add constraint "idempotency_key_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on delete cascade;');
    this.addSql('alter table "idempotency_key" add constraint "idempotency_key_task_id_foreign" foreign key ("task_id") references "task" ("id") on delete cascade;');
  }

}
