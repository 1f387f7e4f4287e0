import { Migration } from '@mikro-orm/migrations';

/** Says which programs may work with this database, so that one that is too old refuses it instead of writing rows as it knows them. */
export class SchemaCompatibility extends Migration {

  override name = '2026-11-27-schema-compatibility';

  override up(): void | Promise<void> {
    this.addSql('create table `schema_compatibility` (`id` integer not null primary key, `minimum_version` integer not null, constraint `schema_compatibility_single_row` check (id = 1));');
    this.addSql('insert into schema_compatibility (id, minimum_version) values (1, 1);');
  }

}
