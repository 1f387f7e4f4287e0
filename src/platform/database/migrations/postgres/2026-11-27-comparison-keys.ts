import { Migration } from '@mikro-orm/migrations';
import type { SqlEntityManager } from '../../database.js';
import { restoreTexts, TELL_LABELS_APART } from '../comparison-keys.js';

/** Names, which are ASCII, with their keys. */
const NAMES = [['user_group', 'name'], ['user_account', 'username'], ['datacenter', 'name'], ['virtual_server', 'hostname'], ['image', 'name']] as const;

/**
 * Names and labels that look the same are refused, by unique indexes over what they look like. Rows that clash already keep their names:
 * all but the first get a key that no name has, with their id in it.
 */
export class ComparisonKeys extends Migration {

  override name = '2026-11-27-comparison-keys';

  override async up(): Promise<void> {
    for (const [table, column] of NAMES) {
      this.addSql(`alter table "${table}" add "${column}_key" text null;`);
      // Not by the locale of the database: the lower case of I is another letter in some.
      this.addSql(`update ${table} set ${column}_key = lower(${column} collate "C");`);
      this.addSql(`update ${table} set ${column}_key = ${column}_key || '<' || cast(id as text) || '>' where id not in (select min(x.id) from ${table} x group by x.${column}_key);`);
      this.addSql(`alter table "${table}" add constraint "${table}_${column}_key_unique" unique ("${column}_key");`);
    }
    // At once, as the texts are computed here.
    await this.execute('alter table "image" drop constraint "image_alias_version_unique";');
    await this.execute('alter table "image" add "version_key" text null;');
    await this.execute('alter table "image" alter column "alias_key" type text using ("alias_key"::text);');
    await this.execute('update image set version_key = lower(version collate "C");');
    await restoreTexts(this.getEntityManager() as SqlEntityManager);
    this.addSql(TELL_LABELS_APART);
    this.addSql('alter table "image" add constraint "image_alias_version_unique" unique ("alias_key", "version");');
    this.addSql('alter table "image" add constraint "image_label_unique" unique ("alias_key", "version_key");');
  }

}
