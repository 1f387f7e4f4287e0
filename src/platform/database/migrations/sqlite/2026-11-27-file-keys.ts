import { Migration } from '@mikro-orm/migrations';

/** Which attempt brought the file of an image: its key in the image store. Null is the pair that every image had before. And when work of all processes is due. The manifest stays before it: a list reads the key only of the images whose file it shows. */
export class FileKeys extends Migration {

  override name = '2026-11-27-file-keys';

  override up(): void | Promise<void> {
    this.addSql('create table `scheduled_work` (`name` text not null primary key, `due_at` bigint not null);');
    this.addSql('alter table `image` add column `file_key` text null;');
  }

}
