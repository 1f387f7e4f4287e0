import { Migration } from '@mikro-orm/migrations';

/**
 * Lets tasks verify the files of images, and stores the id of the image store that the catalogue was written with, so that an empty or
 * another store is recognised. SQLite can change a check only by making the table anew; no other table refers to tasks.
 */
export class ImageVerify extends Migration {

  override name = '2026-11-27-image-verify';

  override up(): void | Promise<void> {
    this.addSql("create table `task__temp_alter` (`id` text not null primary key, `action` text check (`action` in ('IMAGE_CREATE', 'IMAGE_IMPORT', 'IMAGE_UPDATE', 'IMAGE_DELETE', 'IMAGE_ATTACH', 'IMAGE_DETACH', 'IMAGE_VERIFY', 'REPOSITORY_REFRESH', 'SETTINGS_UPDATE', 'DATACENTER_CREATE', 'DATACENTER_UPDATE', 'DATACENTER_DELETE')) not null, `status` text check (`status` in ('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')) not null default 'PENDING', `phase` text check (`phase` in ('QUEUED', 'CHECKING', 'DOWNLOADING', 'VERIFYING', 'PUBLISHING', 'DONE')) not null default 'QUEUED', `bytes_done` bigint null, `bytes_total` bigint null, `attempts` integer not null default 0, `cancel_requested` integer not null default false, `user_id` integer not null, `datacenter_id` integer null, `image_id` integer null, `image_name` text null, `repository_id` integer null, `detail` text not null, `instructions` text not null, `error_code` text null, `error` text null, `warnings` text null, `created_at` bigint not null, `started_at` bigint null, `finished_at` bigint null, constraint `task_user_id_foreign` foreign key (`user_id`) references `user_account` (`id`) on delete no action, constraint `task_datacenter_id_foreign` foreign key (`datacenter_id`) references `datacenter` (`id`) on delete set null, constraint `task_image_id_foreign` foreign key (`image_id`) references `image` (`id`) on delete set null, constraint `task_repository_id_foreign` foreign key (`repository_id`) references `image_repository` (`id`) on delete set null, constraint `task_ended_has_time` check ((status = 'PENDING' or status = 'RUNNING') = (finished_at is null)));");
    this.addSql('insert into `task__temp_alter` select `id`, `action`, `status`, `phase`, `bytes_done`, `bytes_total`, `attempts`, `cancel_requested`, `user_id`, `datacenter_id`, `image_id`, `image_name`, `repository_id`, `detail`, `instructions`, `error_code`, `error`, `warnings`, `created_at`, `started_at`, `finished_at` from `task`;');
    this.addSql('drop table `task`;');
    this.addSql('alter table `task__temp_alter` rename to `task`;');
    this.addSql('create index `task_user_id_index` on `task` (`user_id`);');
    this.addSql('create index `task_datacenter_id_index` on `task` (`datacenter_id`);');
    this.addSql('create index `task_image_id_index` on `task` (`image_id`);');
    this.addSql('create index `task_repository_id_index` on `task` (`repository_id`);');
    this.addSql('create index `task_created_at_index` on `task` (`created_at`, `id`);');
    this.addSql('create index `task_user_index` on `task` (`user_id`, `created_at`);');
    this.addSql('create index `task_datacenter_index` on `task` (`datacenter_id`, `created_at`);');
    this.addSql('create index `task_image_index` on `task` (`image_id`, `created_at`);');
    this.addSql('create index `task_image_name_index` on `task` (`image_name`, `created_at`);');
    this.addSql('create index `task_status_index` on `task` (`status`);');
    this.addSql('alter table `global_settings` add column `store_id` text null;');
  }

}
