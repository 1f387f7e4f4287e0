import { ApiKey } from './access/api-keys/api-key.entity.js';
import { ApiKeyUse } from './access/api-keys/api-key-use.entity.js';
import { Group } from './access/people/group.entity.js';
import { User } from './access/people/user.entity.js';
import { Datacenter } from './datacenters/datacenter.entity.js';
import { GlobalSettings } from './datacenters/settings/global-settings.entity.js';
import { ImageAttachment } from './images/image-attachment.entity.js';
import { ImageListVersion } from './images/image-list-version.entity.js';
import { ImageTag } from './images/image-tag.entity.js';
import { Image } from './images/image.entity.js';
import { ImageRepository } from './repositories/image-repository.entity.js';
import { RepositoryImage } from './repositories/entries/repository-image.entity.js';
import { SchemaCompatibility } from './platform/database/schema/schema-compatibility.entity.js';
import { ScheduledWork } from './platform/scheduling/scheduled-work.entity.js';
import { RecordedChange } from './tasks/changes/recorded-change.entity.js';
import { IdempotencyKey } from './tasks/idempotency/idempotency-key.entity.js';
import { Task } from './tasks/task.entity.js';
import { Snapshot } from './virtual-servers/snapshots/snapshot.entity.js';
import { VirtualDisk } from './virtual-servers/disks/virtual-disk.entity.js';
import { VirtualServer } from './virtual-servers/virtual-server.entity.js';

/** Every row class of the gateway: the one entity set behind SQLite and Postgres. */
export const ENTITIES = [
  ApiKey,
  ApiKeyUse,
  Datacenter,
  GlobalSettings,
  Group,
  IdempotencyKey,
  Image,
  ImageAttachment,
  ImageListVersion,
  ImageRepository,
  ImageTag,
  RecordedChange,
  RepositoryImage,
  ScheduledWork,
  SchemaCompatibility,
  Snapshot,
  Task,
  User,
  VirtualDisk,
  VirtualServer,
];
