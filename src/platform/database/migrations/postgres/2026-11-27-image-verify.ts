import { Migration } from '@mikro-orm/migrations';

/**
 * Lets tasks verify the files of images, and stores the id of the image store that the catalogue was written with, so that an empty or
 * another store is recognised.
 */
export class ImageVerify extends Migration {

  override name = '2026-11-27-image-verify';

  override up(): void | Promise<void> {
    this.addSql('alter table "task" drop constraint "task_action_check";');
    this.addSql(`alter table "task" add constraint "task_action_check" check ("action" in ('IMAGE_CREATE', 'IMAGE_IMPORT', 'IMAGE_UPDATE', 'IMAGE_DELETE', 'IMAGE_ATTACH', 'IMAGE_DETACH', 'IMAGE_VERIFY', 'REPOSITORY_REFRESH', 'SETTINGS_UPDATE', 'DATACENTER_CREATE', 'DATACENTER_UPDATE', 'DATACENTER_DELETE'));`);
    this.addSql('alter table "global_settings" add "store_id" varchar(36) null;');
  }

}
