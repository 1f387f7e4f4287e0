import { Migration } from '@mikro-orm/migrations';

/** Names, which are ASCII, with their keys. */
const NAMES = [['user_group', 'name'], ['user_account', 'username'], ['datacenter', 'name'], ['virtual_server', 'hostname'], ['image', 'name']] as const;
const TEXTS = ['alias', 'version', 'description'];
/** ASCII without outer spaces: these are the texts of which SQL can tell what they look like. */
const PLAIN = TEXTS.map((text) => `octet_length(${text}) = char_length(${text}) and ${text} = trim(${text})`).join(' and ');

/**
 * Names and labels that look the same are refused, by unique indexes over what they look like. Rows that clash already keep their names:
 * all but the first get a key that no name has, with their id in it. The gateway fills in the keys that are null when it starts.
 */
export class ComparisonKeys extends Migration {

  override name = '2026-11-27-comparison-keys';

  override up(): void | Promise<void> {
    for (const [table, column] of NAMES) {
      this.addSql(`alter table "${table}" add "${column}_key" text null;`);
      // Not by the locale of the database: the lower case of I is another letter in some.
      this.addSql(`update ${table} set ${column}_key = lower(${column} collate "C");`);
      this.addSql(`update ${table} set ${column}_key = ${column}_key || '<' || cast(id as text) || '>' where id not in (select min(x.id) from ${table} x group by x.${column}_key);`);
      this.addSql(`alter table "${table}" add constraint "${table}_${column}_key_unique" unique ("${column}_key");`);
    }
    this.addSql('alter table "image" alter column "alias_key" type text using ("alias_key"::text);');
    this.addSql('alter table "image" add "version_key" text null;');
    this.addSql(`update image set version_key = lower(version collate "C") where ${PLAIN};`);
    this.addSql(`update image set alias_key = alias_key || '<' || cast(id as text) || '>'
      where version_key is not null and id not in (select min(x.id) from image x where x.version_key is not null group by x.alias_key, x.version_key);`);
    this.addSql('alter table "image" add constraint "image_label_unique" unique ("alias_key", "version_key");');
    this.addSql('create index "image_without_key_index" on "image" ("id") where version_key is null;');
  }

}
