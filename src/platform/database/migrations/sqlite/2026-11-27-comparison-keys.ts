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
      this.addSql(`alter table \`${table}\` add column \`${column}_key\` text null;`);
      this.addSql(`update ${table} set ${column}_key = lower(${column});`);
      this.addSql(`update ${table} set ${column}_key = ${column}_key || '<' || id || '>' where id not in (select min(x.id) from ${table} x group by x.${column}_key);`);
      this.addSql(`create unique index \`${table}_${column}_key_unique\` on \`${table}\` (\`${column}_key\`);`);
    }
    // At once, as the texts are computed here.
    await this.execute('drop index `image_alias_version_unique`;');
    await this.execute('alter table `image` add column `version_key` text null;');
    await this.execute('update image set version_key = lower(version);');
    await restoreTexts(this.getEntityManager() as SqlEntityManager);
    this.addSql(TELL_LABELS_APART);
    this.addSql('create unique index `image_alias_version_unique` on `image` (`alias_key`, `version`);');
    this.addSql('create unique index `image_label_unique` on `image` (`alias_key`, `version_key`);');
  }

}
