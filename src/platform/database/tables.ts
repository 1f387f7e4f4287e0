/** A truth value as drivers return it: 0 or 1 on SQLite, boolean on Postgres. Read it with `asBoolean`. */
export type Flag = number | boolean;
/** An instant in milliseconds since 1970, or a byte count: number on SQLite, string on Postgres. Read it with `Number`. */
export type Big = number | string;

/** Ids that are numbers are 32 bits wide in every table; Postgres fails on a larger one instead of finding nothing. */
export const LARGEST_ID = 2 ** 31 - 1;

export function asBoolean(flag: Flag): boolean {
  return flag === true || flag === 1;
}

interface UserAccount {
  id: number;
  username: string;
  username_key: string | null;
  email: string | null;
  search_text: string | null;
  is_super_admin: Flag;
  active: Flag;
  current_datacenter_id: number | null;
  created_at: Big;
}

interface UserGroup {
  id: number;
  name: string;
  name_key: string | null;
  alias: string;
  search_text: string | null;
  permissions: string;
  created_at: Big;
}

interface DatacenterTable {
  id: number;
  name: string;
  name_key: string | null;
  alias: string;
  access: string;
  owner_id: number;
  description: string;
  vms_image_limit: number | null;
  created_at: Big;
}

interface ApiKeyTable {
  id: string;
  user_id: number;
  name: string;
  hash: string;
  prefix: string;
  expires_at: Big | null;
  revoked_at: Big | null;
  created_at: Big;
}

interface ApiKeyUseTable {
  key_id: string;
  last_used_at: Big;
}

interface GlobalSettingsTable {
  id: number;
  image_server_id: number | null;
  image_server_nic: number;
  store_id: string | null;
  image_sources: string;
}

interface ImageTable {
  id: number;
  uuid: string;
  name: string;
  alias: string;
  name_key: string | null;
  alias_key: string;
  version: string;
  version_key: string | null;
  access: string;
  owner_id: number;
  owner_name: string;
  size_mib: number;
  os_type: string;
  status: string;
  resize: Flag;
  deploy: Flag;
  description: string;
  homepage: string | null;
  search_text: string;
  places: string;
  tag_list: string;
  manifest: string;
  published_at: Big | null;
  file_size: Big | null;
  file_sha1: string | null;
  file_sha256: string | null;
  file_md5: string | null;
  file_compression: string | null;
  file_format: string | null;
  file_key: string | null;
  repository_id: number | null;
  manifest_url: string | null;
  source_snapshot_id: number | null;
  origin: string | null;
  in_use: Flag;
  created_at: Big;
  updated_at: Big;
}

interface ImageAttachmentTable {
  image_id: number;
  datacenter_id: number;
  bound_image_id: number | null;
  name: string;
  alias: string;
  size_mib: number;
  image_created_at: Big;
  access: string;
  version: string;
  os_type: string;
  status: string;
  owner_name: string;
  image_updated_at: Big;
}

interface ImageRepositoryTable {
  id: number;
  name: string;
  url: string;
  credentials: string | null;
  is_local: Flag;
  retired: Flag;
  status: string;
  last_update: Big | null;
  image_count: number;
  error: string | null;
  generation: number;
  etag: string | null;
  last_modified: string | null;
  created_at: Big;
}

interface RepositoryImageTable {
  id: number;
  repository_id: number;
  uuid: string;
  from_generation: number;
  to_generation: number;
  name: string;
  version: string;
  type: string;
  os_type: string | null;
  description: string;
  homepage: string | null;
  size_mib: number;
  download_size: Big;
  state: string;
  published_at: Big | null;
  published_sort: Big;
  origin: string | null;
  problem: string | null;
  manifest: string;
  content_hash: string;
  search_text: string;
}

interface VirtualServerTable {
  id: number;
  uuid: string;
  hostname: string;
  hostname_key: string | null;
  datacenter_id: number;
  owner_id: number;
  os_type: string;
  status: string;
  tags: string;
  addresses: string;
  created_at: Big;
}

interface SnapshotTable {
  id: number;
  server_id: number;
  name: string;
  disk_id: number;
  size_mib: number;
  status: string;
  data_url: string | null;
  created_at: Big;
}

interface TaskTable {
  id: string;
  action: string;
  status: string;
  phase: string;
  bytes_done: Big | null;
  bytes_total: Big | null;
  attempts: number;
  cancel_requested: Flag;
  claimed_by: string | null;
  claimed_until: Big | null;
  user_id: number;
  datacenter_id: number | null;
  image_id: number | null;
  image_name: string | null;
  repository_id: number | null;
  detail: string;
  instructions: string;
  error_code: string | null;
  error: string | null;
  warnings: string | null;
  created_at: Big;
  started_at: Big | null;
  finished_at: Big | null;
}

/** The columns of every table as drivers return them; the entities are the source. */
export interface Tables {
  user_account: UserAccount;
  user_group: UserGroup;
  user_group_member: { user_id: number; group_id: number };
  datacenter: DatacenterTable;
  datacenter_group: { group_id: number; datacenter_id: number };
  api_key: ApiKeyTable;
  api_key_use: ApiKeyUseTable;
  global_settings: GlobalSettingsTable;
  idempotency_key: { user_id: number; request_key: string; input_hash: string; task_id: string; created_at: Big };
  image: ImageTable;
  image_attachment: ImageAttachmentTable;
  image_tag: { image_id: number; tag: string; position: number; name: string };
  image_list_version: { id: number; version: string };
  image_repository: ImageRepositoryTable;
  repository_image: RepositoryImageTable;
  scheduled_work: { name: string; due_at: Big };
  virtual_server: VirtualServerTable;
  virtual_disk: { server_id: number; disk_id: number; size_mib: number; image_id: number | null };
  snapshot: SnapshotTable;
  task: TaskTable;
}

/** A row with these columns, such as `s.id`, of one table, as the driver returns it. */
export type RowOf<T extends keyof Tables, C extends `${string}.${keyof Tables[T] & string}`> = Pick<
  Tables[T],
  C extends `${string}.${infer Name extends keyof Tables[T] & string}` ? Name : never
>;
