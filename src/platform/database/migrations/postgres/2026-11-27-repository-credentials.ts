import { Migration } from '@mikro-orm/migrations';

/** User and password of a repository, apart from its URL, which is shown and copied into tasks. */
export class RepositoryCredentials extends Migration {

  override name = '2026-11-27-repository-credentials';

  override up(): void | Promise<void> {
    this.addSql('alter table "image_repository" add "credentials" varchar(1300) null;');
  }

}
