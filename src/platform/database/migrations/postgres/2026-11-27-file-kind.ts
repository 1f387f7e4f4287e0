import { Migration } from '@mikro-orm/migrations';

/** What the bytes of an image file are, and what may surprise in the result of a task. */
export class FileKind extends Migration {

  override name = '2026-11-27-file-kind';

  override up(): void | Promise<void> {
    this.addSql('alter table "image" add "file_format" varchar(16) null;');
    this.addSql('alter table "task" add "warnings" text null;');
  }

}
