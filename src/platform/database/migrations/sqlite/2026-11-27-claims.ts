import { Migration } from '@mikro-orm/migrations';

/** Which process runs a task, and until when its claim holds: as on Postgres, where many workers share the tasks. */
export class Claims extends Migration {

  override name = '2026-11-27-claims';

  override up(): void | Promise<void> {
    this.addSql('alter table `task` add column `claimed_by` text null;');
    this.addSql('alter table `task` add column `claimed_until` bigint null;');
  }

}
