import { Migration } from '@mikro-orm/migrations';

/** Which process runs a task, and until when its claim holds: many workers share the tasks of one database. */
export class Claims extends Migration {

  override name = '2026-11-27-claims';

  override up(): void | Promise<void> {
    this.addSql('alter table "task" add "claimed_by" varchar(36) null, add "claimed_until" bigint null;');
  }

}
