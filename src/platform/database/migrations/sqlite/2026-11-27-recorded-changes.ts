import { Migration } from '@mikro-orm/migrations';

/** The changes of the last minutes, so that streams that missed some, as a connection broke, go on with what changed meanwhile. */
export class RecordedChanges extends Migration {

  override name = '2026-11-27-recorded-changes';

  override up(): void | Promise<void> {
    this.addSql('create table `recorded_change` (`id` text not null primary key, `changed_at` bigint not null, `body` text not null);');
    this.addSql('create index `recorded_change_changed_at_index` on `recorded_change` (`changed_at`, `id`);');
  }

}
