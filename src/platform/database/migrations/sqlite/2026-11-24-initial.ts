import { Migration } from '@mikro-orm/migrations';

export class Initial extends Migration {

  override name = '2026-11-24-initial';

  override up(): void {
    this.addSql(`create table \`user_group\` (\`id\` integer not null primary key autoincrement, \`name\` text not null, \`alias\` text not null, \`permissions\` text not null, \`created_at\` bigint not null);`);
    this.addSql(`create unique index \`user_group_name_unique\` on \`user_group\` (\`name\`);`);

    this.addSql(`create table \`image_repository\` (\`id\` integer not null primary key autoincrement, \`name\` text not null, \`url\` text not null, \`is_local\` integer not null default false, \`retired\` integer not null default false, \`status\` text check (\`status\` in ('NEVER_LOADED', 'LOADING', 'OK', 'FAILED')) not null default 'NEVER_LOADED', \`last_update\` bigint null, \`image_count\` integer not null default 0, \`error\` text null, \`generation\` integer not null default 0, \`etag\` text null, \`last_modified\` text null, \`created_at\` bigint not null);`);
    this.addSql(`create unique index \`image_repository_name_unique\` on \`image_repository\` (\`name\`);`);

    this.addSql(`create table \`repository_image\` (\`id\` integer not null primary key autoincrement, \`repository_id\` integer not null, \`uuid\` text not null, \`from_generation\` integer not null, \`to_generation\` integer not null default 2147483647, \`name\` text not null, \`version\` text not null, \`type\` text not null, \`os_type\` text check (\`os_type\` in ('LINUX_VM', 'WINDOWS_VM', 'BSD_VM', 'SUNOS_VM', 'SUNOS_ZONE', 'LINUX_ZONE')) null, \`description\` text not null, \`homepage\` text null, \`size_mib\` integer not null, \`download_size\` bigint not null, \`state\` text not null, \`published_at\` bigint null, \`published_sort\` bigint not null, \`origin\` text null, \`problem\` text null, \`content_hash\` text not null, \`search_text\` text not null, \`manifest\` text not null, constraint \`repository_image_repository_id_foreign\` foreign key (\`repository_id\`) references \`image_repository\` (\`id\`) on delete cascade, constraint \`repository_image_generations\` check (from_generation <= to_generation));`);
    this.addSql(`create index \`repository_image_repository_id_index\` on \`repository_image\` (\`repository_id\`);`);
    this.addSql(`create index \`repository_image_published_index\` on \`repository_image\` (\`repository_id\`, \`published_sort\`, \`id\`);`);
    this.addSql(`create index \`repository_image_name_index\` on \`repository_image\` (\`repository_id\`, \`name\`, \`id\`);`);
    this.addSql(`create index \`repository_image_size_index\` on \`repository_image\` (\`repository_id\`, \`size_mib\`, \`id\`);`);
    this.addSql(`create index \`repository_image_generation_index\` on \`repository_image\` (\`repository_id\`, \`to_generation\`);`);
    this.addSql(`create unique index \`repository_image_uuid_unique\` on \`repository_image\` (\`repository_id\`, \`uuid\`, \`from_generation\`);`);

    this.addSql(`create table \`user_account\` (\`id\` integer not null primary key autoincrement, \`username\` text not null, \`email\` text null, \`is_super_admin\` integer not null default false, \`active\` integer not null default true, \`current_datacenter_id\` integer null, \`created_at\` bigint not null, constraint \`user_account_current_datacenter_id_foreign\` foreign key (\`current_datacenter_id\`) references \`datacenter\` (\`id\`) on delete set null, constraint \`user_username_not_empty\` check (username <> ''));`);
    this.addSql(`create unique index \`user_account_username_unique\` on \`user_account\` (\`username\`);`);
    this.addSql(`create index \`user_account_current_datacenter_id_index\` on \`user_account\` (\`current_datacenter_id\`);`);

    this.addSql(`create table \`datacenter\` (\`id\` integer not null primary key autoincrement, \`name\` text not null, \`alias\` text not null, \`access\` text check (\`access\` in ('PUBLIC', 'PRIVATE')) not null default 'PRIVATE', \`owner_id\` integer not null, \`description\` text not null default '', \`vms_image_limit\` integer null, \`created_at\` bigint not null, constraint \`datacenter_owner_id_foreign\` foreign key (\`owner_id\`) references \`user_account\` (\`id\`) on delete no action, constraint \`datacenter_default_is_public\` check (name <> 'main' or access = 'PUBLIC'), constraint \`datacenter_image_limit_not_negative\` check (vms_image_limit is null or vms_image_limit >= 0));`);
    this.addSql(`create unique index \`datacenter_name_unique\` on \`datacenter\` (\`name\`);`);
    this.addSql(`create index \`datacenter_owner_id_index\` on \`datacenter\` (\`owner_id\`);`);

    this.addSql(`create table \`datacenter_group\` (\`group_id\` integer not null, \`datacenter_id\` integer not null, primary key (\`group_id\`, \`datacenter_id\`), constraint \`datacenter_group_group_id_foreign\` foreign key (\`group_id\`) references \`user_group\` (\`id\`) on update cascade on delete cascade, constraint \`datacenter_group_datacenter_id_foreign\` foreign key (\`datacenter_id\`) references \`datacenter\` (\`id\`) on update cascade on delete cascade);`);
    this.addSql(`create index \`datacenter_group_group_id_index\` on \`datacenter_group\` (\`group_id\`);`);
    this.addSql(`create index \`datacenter_group_datacenter_id_index\` on \`datacenter_group\` (\`datacenter_id\`);`);

    this.addSql(`create table \`api_key\` (\`id\` text not null primary key, \`user_id\` integer not null, \`name\` text not null, \`hash\` text not null, \`expires_at\` bigint null, \`revoked_at\` bigint null, \`created_at\` bigint not null, constraint \`api_key_user_id_foreign\` foreign key (\`user_id\`) references \`user_account\` (\`id\`) on delete cascade);`);
    this.addSql(`create index \`api_key_user_id_index\` on \`api_key\` (\`user_id\`);`);
    this.addSql(`create unique index \`api_key_hash_unique\` on \`api_key\` (\`hash\`);`);

    this.addSql(`create table \`user_group_member\` (\`user_id\` integer not null, \`group_id\` integer not null, primary key (\`user_id\`, \`group_id\`), constraint \`user_group_member_user_id_foreign\` foreign key (\`user_id\`) references \`user_account\` (\`id\`) on update cascade on delete cascade, constraint \`user_group_member_group_id_foreign\` foreign key (\`group_id\`) references \`user_group\` (\`id\`) on update cascade on delete cascade);`);
    this.addSql(`create index \`user_group_member_user_id_index\` on \`user_group_member\` (\`user_id\`);`);
    this.addSql(`create index \`user_group_member_group_id_index\` on \`user_group_member\` (\`group_id\`);`);

    this.addSql(`create table \`virtual_server\` (\`id\` integer not null primary key autoincrement, \`uuid\` text not null, \`hostname\` text not null, \`datacenter_id\` integer not null, \`owner_id\` integer not null, \`os_type\` text check (\`os_type\` in ('LINUX_VM', 'WINDOWS_VM', 'BSD_VM', 'SUNOS_VM', 'SUNOS_ZONE', 'LINUX_ZONE')) not null, \`status\` text check (\`status\` in ('RUNNING', 'STOPPED', 'STOPPING', 'FROZEN', 'PENDING', 'CREATING', 'ERROR', 'NOT_CREATED')) not null default 'NOT_CREATED', \`tags\` text not null, \`addresses\` text not null, \`created_at\` bigint not null, constraint \`virtual_server_datacenter_id_foreign\` foreign key (\`datacenter_id\`) references \`datacenter\` (\`id\`) on delete no action, constraint \`virtual_server_owner_id_foreign\` foreign key (\`owner_id\`) references \`user_account\` (\`id\`) on delete no action);`);
    this.addSql(`create unique index \`virtual_server_uuid_unique\` on \`virtual_server\` (\`uuid\`);`);
    this.addSql(`create unique index \`virtual_server_hostname_unique\` on \`virtual_server\` (\`hostname\`);`);
    this.addSql(`create index \`virtual_server_datacenter_id_index\` on \`virtual_server\` (\`datacenter_id\`);`);
    this.addSql(`create index \`virtual_server_owner_id_index\` on \`virtual_server\` (\`owner_id\`);`);
    this.addSql(`create index \`virtual_server_datacenter_index\` on \`virtual_server\` (\`datacenter_id\`, \`hostname\`);`);
    this.addSql(`create index \`virtual_server_owner_index\` on \`virtual_server\` (\`owner_id\`, \`datacenter_id\`);`);

    this.addSql(`create table \`snapshot\` (\`id\` integer not null primary key autoincrement, \`server_id\` integer not null, \`name\` text not null, \`disk_id\` integer not null, \`size_mib\` integer not null, \`status\` text check (\`status\` in ('OK', 'PENDING', 'ROLLBACK', 'LOST')) not null default 'OK', \`data_url\` text null, \`created_at\` bigint not null, constraint \`snapshot_server_id_foreign\` foreign key (\`server_id\`) references \`virtual_server\` (\`id\`) on delete cascade, constraint \`snapshot_disk_id_positive\` check (disk_id >= 1), constraint \`snapshot_size_not_negative\` check (size_mib >= 0));`);
    this.addSql(`create index \`snapshot_server_id_index\` on \`snapshot\` (\`server_id\`);`);
    this.addSql(`create unique index \`snapshot_key_unique\` on \`snapshot\` (\`server_id\`, \`disk_id\`, \`name\`);`);

    this.addSql(`create table \`image\` (\`id\` integer not null primary key autoincrement, \`uuid\` text not null, \`name\` text not null, \`alias\` text not null, \`alias_key\` text not null, \`version\` text not null, \`access\` text check (\`access\` in ('PUBLIC', 'PRIVATE', 'DELETED')) not null default 'PRIVATE', \`owner_id\` integer not null, \`size_mib\` integer not null, \`os_type\` text check (\`os_type\` in ('LINUX_VM', 'WINDOWS_VM', 'BSD_VM', 'SUNOS_VM', 'SUNOS_ZONE', 'LINUX_ZONE')) not null, \`status\` text check (\`status\` in ('OK', 'PENDING')) not null default 'OK', \`resize\` integer not null default false, \`deploy\` integer not null default false, \`description\` text not null default '', \`homepage\` text null, \`search_text\` text not null, \`file_size\` bigint null, \`file_sha1\` text null, \`file_sha256\` text null, \`file_md5\` text null, \`file_compression\` text null, \`repository_id\` integer null, \`manifest_url\` text null, \`source_snapshot_id\` integer null, \`created_at\` bigint not null, \`updated_at\` bigint not null, \`manifest\` text not null, constraint \`image_owner_id_foreign\` foreign key (\`owner_id\`) references \`user_account\` (\`id\`) on delete no action, constraint \`image_repository_id_foreign\` foreign key (\`repository_id\`) references \`image_repository\` (\`id\`) on delete set null, constraint \`image_source_snapshot_id_foreign\` foreign key (\`source_snapshot_id\`) references \`snapshot\` (\`id\`) on delete set null, constraint \`image_name_not_empty\` check (name <> ''), constraint \`image_size_positive\` check (size_mib > 0), constraint \`image_file_whole_or_absent\` check ((file_size is null and file_sha1 is null and file_sha256 is null and file_compression is null) or (file_size > 0 and file_sha1 is not null and file_sha256 is not null and file_compression is not null)));`);
    this.addSql(`create unique index \`image_uuid_unique\` on \`image\` (\`uuid\`);`);
    this.addSql(`create unique index \`image_name_unique\` on \`image\` (\`name\`);`);
    this.addSql(`create index \`image_owner_id_index\` on \`image\` (\`owner_id\`);`);
    this.addSql(`create index \`image_status_index\` on \`image\` (\`status\`);`);
    this.addSql(`create index \`image_repository_id_index\` on \`image\` (\`repository_id\`);`);
    this.addSql(`create index \`image_source_snapshot_id_index\` on \`image\` (\`source_snapshot_id\`);`);
    this.addSql(`create index \`image_created_at_index\` on \`image\` (\`created_at\`, \`id\`);`);
    this.addSql(`create index \`image_alias_index\` on \`image\` (\`alias\`, \`id\`);`);
    this.addSql(`create index \`image_size_index\` on \`image\` (\`size_mib\`, \`id\`);`);
    this.addSql(`create unique index \`image_alias_version_unique\` on \`image\` (\`alias_key\`, \`version\`);`);

    this.addSql(`create table \`virtual_disk\` (\`server_id\` integer not null, \`disk_id\` integer not null, \`size_mib\` integer not null, \`image_id\` integer null, primary key (\`server_id\`, \`disk_id\`), constraint \`virtual_disk_server_id_foreign\` foreign key (\`server_id\`) references \`virtual_server\` (\`id\`) on delete cascade, constraint \`virtual_disk_image_id_foreign\` foreign key (\`image_id\`) references \`image\` (\`id\`) on delete no action, constraint \`virtual_disk_id_positive\` check (disk_id >= 1), constraint \`virtual_disk_size_positive\` check (size_mib > 0));`);
    this.addSql(`create index \`virtual_disk_server_id_index\` on \`virtual_disk\` (\`server_id\`);`);
    this.addSql(`create index \`virtual_disk_image_id_index\` on \`virtual_disk\` (\`image_id\`);`);
    this.addSql(`create index \`virtual_disk_image_index\` on \`virtual_disk\` (\`image_id\`, \`server_id\`);`);

    this.addSql(`create table \`task\` (\`id\` text not null primary key, \`action\` text check (\`action\` in ('IMAGE_CREATE', 'IMAGE_IMPORT', 'IMAGE_UPDATE', 'IMAGE_DELETE', 'IMAGE_ATTACH', 'IMAGE_DETACH', 'REPOSITORY_REFRESH', 'SETTINGS_UPDATE', 'DATACENTER_CREATE', 'DATACENTER_UPDATE', 'DATACENTER_DELETE')) not null, \`status\` text check (\`status\` in ('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')) not null default 'PENDING', \`phase\` text check (\`phase\` in ('QUEUED', 'CHECKING', 'DOWNLOADING', 'VERIFYING', 'PUBLISHING', 'DONE')) not null default 'QUEUED', \`bytes_done\` bigint null, \`bytes_total\` bigint null, \`attempts\` integer not null default 0, \`cancel_requested\` integer not null default false, \`user_id\` integer not null, \`datacenter_id\` integer null, \`image_id\` integer null, \`image_name\` text null, \`repository_id\` integer null, \`detail\` text not null, \`instructions\` text not null, \`error_code\` text null, \`error\` text null, \`created_at\` bigint not null, \`started_at\` bigint null, \`finished_at\` bigint null, constraint \`task_user_id_foreign\` foreign key (\`user_id\`) references \`user_account\` (\`id\`) on delete no action, constraint \`task_datacenter_id_foreign\` foreign key (\`datacenter_id\`) references \`datacenter\` (\`id\`) on delete set null, constraint \`task_image_id_foreign\` foreign key (\`image_id\`) references \`image\` (\`id\`) on delete set null, constraint \`task_repository_id_foreign\` foreign key (\`repository_id\`) references \`image_repository\` (\`id\`) on delete set null, constraint \`task_ended_has_time\` check ((status = 'PENDING' or status = 'RUNNING') = (finished_at is null)));`);
    this.addSql(`create index \`task_user_id_index\` on \`task\` (\`user_id\`);`);
    this.addSql(`create index \`task_datacenter_id_index\` on \`task\` (\`datacenter_id\`);`);
    this.addSql(`create index \`task_image_id_index\` on \`task\` (\`image_id\`);`);
    this.addSql(`create index \`task_repository_id_index\` on \`task\` (\`repository_id\`);`);
    this.addSql(`create index \`task_created_at_index\` on \`task\` (\`created_at\`, \`id\`);`);
    this.addSql(`create index \`task_user_index\` on \`task\` (\`user_id\`, \`created_at\`);`);
    this.addSql(`create index \`task_datacenter_index\` on \`task\` (\`datacenter_id\`, \`created_at\`);`);
    this.addSql(`create index \`task_image_index\` on \`task\` (\`image_id\`, \`created_at\`);`);
    this.addSql(`create index \`task_image_name_index\` on \`task\` (\`image_name\`, \`created_at\`);`);
    this.addSql(`create index \`task_status_index\` on \`task\` (\`status\`);`);

    this.addSql(`create table \`image_tag\` (\`image_id\` integer not null, \`tag\` text not null, \`position\` integer not null, primary key (\`image_id\`, \`tag\`), constraint \`image_tag_image_id_foreign\` foreign key (\`image_id\`) references \`image\` (\`id\`) on delete cascade);`);
    this.addSql(`create index \`image_tag_image_id_index\` on \`image_tag\` (\`image_id\`);`);
    this.addSql(`create index \`image_tag_tag_index\` on \`image_tag\` (\`tag\`, \`image_id\`);`);

    this.addSql(`create table \`image_attachment\` (\`image_id\` integer not null, \`datacenter_id\` integer not null, \`bound_image_id\` integer null, primary key (\`image_id\`, \`datacenter_id\`), constraint \`image_attachment_image_id_foreign\` foreign key (\`image_id\`) references \`image\` (\`id\`) on update cascade on delete cascade, constraint \`image_attachment_datacenter_id_foreign\` foreign key (\`datacenter_id\`) references \`datacenter\` (\`id\`) on update cascade on delete cascade, constraint \`image_attachment_binding_is_own\` check (bound_image_id is null or bound_image_id = image_id));`);
    this.addSql(`create index \`image_attachment_image_id_index\` on \`image_attachment\` (\`image_id\`);`);
    this.addSql(`create index \`image_attachment_datacenter_id_index\` on \`image_attachment\` (\`datacenter_id\`);`);
    this.addSql(`create unique index \`image_attachment_bound_image_id_unique\` on \`image_attachment\` (\`bound_image_id\`);`);
    this.addSql(`create index \`image_attachment_datacenter_index\` on \`image_attachment\` (\`datacenter_id\`, \`image_id\`);`);
    this.addSql(`create index \`image_attachment_bound_index\` on \`image_attachment\` (\`datacenter_id\`, \`bound_image_id\`);`);

    this.addSql(`create table \`global_settings\` (\`id\` integer not null primary key, \`image_server_id\` integer null, \`image_server_nic\` integer not null default 1, \`image_sources\` text not null, constraint \`global_settings_image_server_id_foreign\` foreign key (\`image_server_id\`) references \`virtual_server\` (\`id\`) on delete no action, constraint \`global_settings_single_row\` check (id = 1), constraint \`global_settings_nic_positive\` check (image_server_nic >= 1));`);
    this.addSql(`create index \`global_settings_image_server_id_index\` on \`global_settings\` (\`image_server_id\`);`);
  }

}
