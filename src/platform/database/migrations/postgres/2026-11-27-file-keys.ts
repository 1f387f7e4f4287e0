import { Migration } from '@mikro-orm/migrations';

/** Which attempt brought the file of an image: its key in the image store. Null is the pair that every image had before. And when work of all processes is due. */
export class FileKeys extends Migration {

  override name = '2026-11-27-file-keys';

  override up(): void | Promise<void> {
    this.addSql('create table "scheduled_work" ("name" varchar(64) not null, "due_at" bigint not null, primary key ("name"));');
    this.addSql('alter table "image" add "file_key" varchar(48) null;');
  }

}
