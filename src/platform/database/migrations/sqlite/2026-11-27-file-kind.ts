import { Migration } from '@mikro-orm/migrations';

/** What the bytes of an image file are, and what may surprise in the result of a task. No list reads the format, so it may lie behind the manifest. */
export class FileKind extends Migration {

  override name = '2026-11-27-file-kind';

  override up(): void | Promise<void> {
    this.addSql('alter table `image` add column `file_format` text null;');
    this.addSql('alter table `task` add column `warnings` text null;');
  }

}
