import { Migration } from '@mikro-orm/migrations';

export class Initial extends Migration {

  override name = '2026-11-24-initial';

  override up(): void {
    this.addSql(`create table "user_group" ("id" serial primary key, "name" varchar(64) not null, "alias" varchar(64) not null, "permissions" text not null, "created_at" bigint not null);`);
    this.addSql(`alter table "user_group" add constraint "user_group_name_unique" unique ("name");`);

    this.addSql(`create table "image_repository" ("id" serial primary key, "name" varchar(32) not null, "url" varchar(1024) not null, "is_local" boolean not null default false, "retired" boolean not null default false, "status" text not null default 'NEVER_LOADED', "last_update" bigint null, "image_count" int not null default 0, "error" text null, "generation" int not null default 0, "etag" varchar(1024) null, "last_modified" varchar(128) null, "created_at" bigint not null);`);
    this.addSql(`alter table "image_repository" add constraint "image_repository_name_unique" unique ("name");`);
    this.addSql(`alter table "image_repository" add constraint "image_repository_status_check" check ("status" in ('NEVER_LOADED', 'LOADING', 'OK', 'FAILED'));`);

    this.addSql(`create table "repository_image" ("id" serial primary key, "repository_id" int not null, "uuid" varchar(36) not null, "from_generation" int not null, "to_generation" int not null default 2147483647, "name" varchar(1024) not null, "version" varchar(512) not null, "type" varchar(64) not null, "os_type" text null, "description" text not null, "homepage" varchar(1024) null, "size_mib" int not null, "download_size" bigint not null, "state" varchar(32) not null, "published_at" bigint null, "published_sort" bigint not null, "origin" varchar(36) null, "problem" varchar(32) null, "content_hash" varchar(40) not null, "search_text" text not null, "manifest" text not null);`);
    this.addSql(`create index "repository_image_published_index" on "repository_image" ("repository_id", "published_sort", "id");`);
    this.addSql(`create index "repository_image_name_index" on "repository_image" ("repository_id", "name", "id");`);
    this.addSql(`create index "repository_image_size_index" on "repository_image" ("repository_id", "size_mib", "id");`);
    this.addSql(`create index "repository_image_generation_index" on "repository_image" ("repository_id", "to_generation");`);
    this.addSql(`alter table "repository_image" add constraint "repository_image_uuid_unique" unique ("repository_id", "uuid", "from_generation");`);
    this.addSql(`alter table "repository_image" add constraint "repository_image_generations" check (from_generation <= to_generation);`);
    this.addSql(`alter table "repository_image" add constraint "repository_image_os_type_check" check ("os_type" in ('LINUX_VM', 'WINDOWS_VM', 'BSD_VM', 'SUNOS_VM', 'SUNOS_ZONE', 'LINUX_ZONE'));`);

    this.addSql(`create table "user_account" ("id" serial primary key, "username" varchar(64) not null, "email" varchar(254) null, "is_super_admin" boolean not null default false, "active" boolean not null default true, "current_datacenter_id" int null, "created_at" bigint not null);`);
    this.addSql(`alter table "user_account" add constraint "user_account_username_unique" unique ("username");`);
    this.addSql(`alter table "user_account" add constraint "user_username_not_empty" check (username <> '');`);

    this.addSql(`create table "datacenter" ("id" serial primary key, "name" varchar(64) not null, "alias" varchar(64) not null, "access" text not null default 'PRIVATE', "owner_id" int not null, "description" varchar(128) not null default '', "vms_image_limit" int null, "created_at" bigint not null);`);
    this.addSql(`alter table "datacenter" add constraint "datacenter_name_unique" unique ("name");`);
    this.addSql(`create index "datacenter_owner_id_index" on "datacenter" ("owner_id");`);
    this.addSql(`alter table "datacenter" add constraint "datacenter_default_is_public" check (name <> 'main' or access = 'PUBLIC');`);
    this.addSql(`alter table "datacenter" add constraint "datacenter_image_limit_not_negative" check (vms_image_limit is null or vms_image_limit >= 0);`);
    this.addSql(`alter table "datacenter" add constraint "datacenter_access_check" check ("access" in ('PUBLIC', 'PRIVATE'));`);

    this.addSql(`create table "datacenter_group" ("group_id" int not null, "datacenter_id" int not null, primary key ("group_id", "datacenter_id"));`);

    this.addSql(`create table "api_key" ("id" varchar(36) not null, "user_id" int not null, "name" varchar(64) not null, "hash" varchar(64) not null, "expires_at" bigint null, "revoked_at" bigint null, "created_at" bigint not null, primary key ("id"));`);
    this.addSql(`create index "api_key_user_id_index" on "api_key" ("user_id");`);
    this.addSql(`alter table "api_key" add constraint "api_key_hash_unique" unique ("hash");`);

    this.addSql(`create table "user_group_member" ("user_id" int not null, "group_id" int not null, primary key ("user_id", "group_id"));`);

    this.addSql(`create table "virtual_server" ("id" serial primary key, "uuid" varchar(36) not null, "hostname" varchar(128) not null, "datacenter_id" int not null, "owner_id" int not null, "os_type" text not null, "status" text not null default 'NOT_CREATED', "tags" text not null, "addresses" text not null, "created_at" bigint not null);`);
    this.addSql(`alter table "virtual_server" add constraint "virtual_server_uuid_unique" unique ("uuid");`);
    this.addSql(`alter table "virtual_server" add constraint "virtual_server_hostname_unique" unique ("hostname");`);
    this.addSql(`create index "virtual_server_datacenter_index" on "virtual_server" ("datacenter_id", "hostname");`);
    this.addSql(`create index "virtual_server_owner_index" on "virtual_server" ("owner_id", "datacenter_id");`);
    this.addSql(`alter table "virtual_server" add constraint "virtual_server_os_type_check" check ("os_type" in ('LINUX_VM', 'WINDOWS_VM', 'BSD_VM', 'SUNOS_VM', 'SUNOS_ZONE', 'LINUX_ZONE'));`);
    this.addSql(`alter table "virtual_server" add constraint "virtual_server_status_check" check ("status" in ('RUNNING', 'STOPPED', 'STOPPING', 'FROZEN', 'PENDING', 'CREATING', 'ERROR', 'NOT_CREATED'));`);

    this.addSql(`create table "snapshot" ("id" serial primary key, "server_id" int not null, "name" varchar(64) not null, "disk_id" int not null, "size_mib" int not null, "status" text not null default 'OK', "data_url" varchar(1024) null, "created_at" bigint not null);`);
    this.addSql(`alter table "snapshot" add constraint "snapshot_key_unique" unique ("server_id", "disk_id", "name");`);
    this.addSql(`alter table "snapshot" add constraint "snapshot_disk_id_positive" check (disk_id >= 1);`);
    this.addSql(`alter table "snapshot" add constraint "snapshot_size_not_negative" check (size_mib >= 0);`);
    this.addSql(`alter table "snapshot" add constraint "snapshot_status_check" check ("status" in ('OK', 'PENDING', 'ROLLBACK', 'LOST'));`);

    this.addSql(`create table "image" ("id" serial primary key, "uuid" varchar(36) not null, "name" varchar(32) not null, "alias" varchar(32) not null, "alias_key" varchar(64) not null, "version" varchar(16) not null, "access" text not null default 'PRIVATE', "owner_id" int not null, "size_mib" int not null, "os_type" text not null, "status" text not null default 'OK', "resize" boolean not null default false, "deploy" boolean not null default false, "description" varchar(128) not null default '', "homepage" varchar(1024) null, "search_text" text not null, "file_size" bigint null, "file_sha1" varchar(40) null, "file_sha256" varchar(64) null, "file_md5" varchar(32) null, "file_compression" varchar(16) null, "repository_id" int null, "manifest_url" varchar(1100) null, "source_snapshot_id" int null, "created_at" bigint not null, "updated_at" bigint not null, "manifest" text not null);`);
    this.addSql(`alter table "image" add constraint "image_uuid_unique" unique ("uuid");`);
    this.addSql(`alter table "image" add constraint "image_name_unique" unique ("name");`);
    this.addSql(`create index "image_owner_id_index" on "image" ("owner_id");`);
    this.addSql(`create index "image_status_index" on "image" ("status");`);
    this.addSql(`create index "image_repository_id_index" on "image" ("repository_id");`);
    this.addSql(`create index "image_source_snapshot_id_index" on "image" ("source_snapshot_id");`);
    this.addSql(`create index "image_created_at_index" on "image" ("created_at", "id");`);
    this.addSql(`create index "image_alias_index" on "image" ("alias", "id");`);
    this.addSql(`create index "image_size_index" on "image" ("size_mib", "id");`);
    this.addSql(`alter table "image" add constraint "image_alias_version_unique" unique ("alias_key", "version");`);
    this.addSql(`alter table "image" add constraint "image_name_not_empty" check (name <> '');`);
    this.addSql(`alter table "image" add constraint "image_size_positive" check (size_mib > 0);`);
    this.addSql(`alter table "image" add constraint "image_file_whole_or_absent" check ((file_size is null and file_sha1 is null and file_sha256 is null and file_compression is null) or (file_size > 0 and file_sha1 is not null and file_sha256 is not null and file_compression is not null));`);
    this.addSql(`alter table "image" add constraint "image_access_check" check ("access" in ('PUBLIC', 'PRIVATE', 'DELETED'));`);
    this.addSql(`alter table "image" add constraint "image_os_type_check" check ("os_type" in ('LINUX_VM', 'WINDOWS_VM', 'BSD_VM', 'SUNOS_VM', 'SUNOS_ZONE', 'LINUX_ZONE'));`);
    this.addSql(`alter table "image" add constraint "image_status_check" check ("status" in ('OK', 'PENDING'));`);

    this.addSql(`create table "virtual_disk" ("server_id" int not null, "disk_id" int not null, "size_mib" int not null, "image_id" int null, primary key ("server_id", "disk_id"));`);
    this.addSql(`create index "virtual_disk_image_index" on "virtual_disk" ("image_id", "server_id");`);
    this.addSql(`alter table "virtual_disk" add constraint "virtual_disk_id_positive" check (disk_id >= 1);`);
    this.addSql(`alter table "virtual_disk" add constraint "virtual_disk_size_positive" check (size_mib > 0);`);

    this.addSql(`create table "task" ("id" varchar(36) not null, "action" text not null, "status" text not null default 'PENDING', "phase" text not null default 'QUEUED', "bytes_done" bigint null, "bytes_total" bigint null, "attempts" int not null default 0, "cancel_requested" boolean not null default false, "user_id" int not null, "datacenter_id" int null, "image_id" int null, "image_name" varchar(32) null, "repository_id" int null, "detail" text not null, "instructions" text not null, "error_code" varchar(64) null, "error" text null, "created_at" bigint not null, "started_at" bigint null, "finished_at" bigint null, primary key ("id"));`);
    this.addSql(`create index "task_repository_id_index" on "task" ("repository_id");`);
    this.addSql(`create index "task_created_at_index" on "task" ("created_at", "id");`);
    this.addSql(`create index "task_user_index" on "task" ("user_id", "created_at");`);
    this.addSql(`create index "task_datacenter_index" on "task" ("datacenter_id", "created_at");`);
    this.addSql(`create index "task_image_index" on "task" ("image_id", "created_at");`);
    this.addSql(`create index "task_image_name_index" on "task" ("image_name", "created_at");`);
    this.addSql(`create index "task_status_index" on "task" ("status");`);
    this.addSql(`alter table "task" add constraint "task_ended_has_time" check ((status = 'PENDING' or status = 'RUNNING') = (finished_at is null));`);
    this.addSql(`alter table "task" add constraint "task_action_check" check ("action" in ('IMAGE_CREATE', 'IMAGE_IMPORT', 'IMAGE_UPDATE', 'IMAGE_DELETE', 'IMAGE_ATTACH', 'IMAGE_DETACH', 'REPOSITORY_REFRESH', 'SETTINGS_UPDATE', 'DATACENTER_CREATE', 'DATACENTER_UPDATE', 'DATACENTER_DELETE'));`);
    this.addSql(`alter table "task" add constraint "task_status_check" check ("status" in ('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'));`);
    this.addSql(`alter table "task" add constraint "task_phase_check" check ("phase" in ('QUEUED', 'CHECKING', 'DOWNLOADING', 'VERIFYING', 'PUBLISHING', 'DONE'));`);

    this.addSql(`create table "image_tag" ("image_id" int not null, "tag" varchar(64) not null, "position" int not null, primary key ("image_id", "tag"));`);
    this.addSql(`create index "image_tag_tag_index" on "image_tag" ("tag", "image_id");`);

    this.addSql(`create table "image_attachment" ("image_id" int not null, "datacenter_id" int not null, "bound_image_id" int null, primary key ("image_id", "datacenter_id"));`);
    this.addSql(`alter table "image_attachment" add constraint "image_attachment_bound_image_id_unique" unique ("bound_image_id");`);
    this.addSql(`create index "image_attachment_datacenter_index" on "image_attachment" ("datacenter_id", "image_id");`);
    this.addSql(`create index "image_attachment_bound_index" on "image_attachment" ("datacenter_id", "bound_image_id");`);
    this.addSql(`alter table "image_attachment" add constraint "image_attachment_binding_is_own" check (bound_image_id is null or bound_image_id = image_id);`);

    this.addSql(`create table "global_settings" ("id" int not null, "image_server_id" int null, "image_server_nic" int not null default 1, "image_sources" text not null, primary key ("id"));`);
    this.addSql(`create index "global_settings_image_server_id_index" on "global_settings" ("image_server_id");`);
    this.addSql(`alter table "global_settings" add constraint "global_settings_single_row" check (id = 1);`);
    this.addSql(`alter table "global_settings" add constraint "global_settings_nic_positive" check (image_server_nic >= 1);`);

    this.addSql(`alter table "repository_image" add constraint "repository_image_repository_id_foreign" foreign key ("repository_id") references "image_repository" ("id") on delete cascade;`);

    this.addSql(`alter table "user_account" add constraint "user_account_current_datacenter_id_foreign" foreign key ("current_datacenter_id") references "datacenter" ("id") on delete set null;`);

    this.addSql(`alter table "datacenter" add constraint "datacenter_owner_id_foreign" foreign key ("owner_id") references "user_account" ("id") on delete no action;`);

    this.addSql(`alter table "datacenter_group" add constraint "datacenter_group_group_id_foreign" foreign key ("group_id") references "user_group" ("id") on update cascade on delete cascade;`);
    this.addSql(`alter table "datacenter_group" add constraint "datacenter_group_datacenter_id_foreign" foreign key ("datacenter_id") references "datacenter" ("id") on update cascade on delete cascade;`);

    this.addSql(`alter table "api_key" add constraint "api_key_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on delete cascade;`);

    this.addSql(`alter table "user_group_member" add constraint "user_group_member_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on update cascade on delete cascade;`);
    this.addSql(`alter table "user_group_member" add constraint "user_group_member_group_id_foreign" foreign key ("group_id") references "user_group" ("id") on update cascade on delete cascade;`);

    this.addSql(`alter table "virtual_server" add constraint "virtual_server_datacenter_id_foreign" foreign key ("datacenter_id") references "datacenter" ("id") on delete no action;`);
    this.addSql(`alter table "virtual_server" add constraint "virtual_server_owner_id_foreign" foreign key ("owner_id") references "user_account" ("id") on delete no action;`);

    this.addSql(`alter table "snapshot" add constraint "snapshot_server_id_foreign" foreign key ("server_id") references "virtual_server" ("id") on delete cascade;`);

    this.addSql(`alter table "image" add constraint "image_owner_id_foreign" foreign key ("owner_id") references "user_account" ("id") on delete no action;`);
    this.addSql(`alter table "image" add constraint "image_repository_id_foreign" foreign key ("repository_id") references "image_repository" ("id") on delete set null;`);
    this.addSql(`alter table "image" add constraint "image_source_snapshot_id_foreign" foreign key ("source_snapshot_id") references "snapshot" ("id") on delete set null;`);

    this.addSql(`alter table "virtual_disk" add constraint "virtual_disk_server_id_foreign" foreign key ("server_id") references "virtual_server" ("id") on delete cascade;`);
    this.addSql(`alter table "virtual_disk" add constraint "virtual_disk_image_id_foreign" foreign key ("image_id") references "image" ("id") on delete no action;`);

    this.addSql(`alter table "task" add constraint "task_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on delete no action;`);
    this.addSql(`alter table "task" add constraint "task_datacenter_id_foreign" foreign key ("datacenter_id") references "datacenter" ("id") on delete set null;`);
    this.addSql(`alter table "task" add constraint "task_image_id_foreign" foreign key ("image_id") references "image" ("id") on delete set null;`);
    this.addSql(`alter table "task" add constraint "task_repository_id_foreign" foreign key ("repository_id") references "image_repository" ("id") on delete set null;`);

    this.addSql(`alter table "image_tag" add constraint "image_tag_image_id_foreign" foreign key ("image_id") references "image" ("id") on delete cascade;`);

    this.addSql(`alter table "image_attachment" add constraint "image_attachment_image_id_foreign" foreign key ("image_id") references "image" ("id") on update cascade on delete cascade;`);
    this.addSql(`alter table "image_attachment" add constraint "image_attachment_datacenter_id_foreign" foreign key ("datacenter_id") references "datacenter" ("id") on update cascade on delete cascade;`);

    this.addSql(`alter table "global_settings" add constraint "global_settings_image_server_id_foreign" foreign key ("image_server_id") references "virtual_server" ("id") on delete no action;`);
  }

}
