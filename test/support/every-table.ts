import { randomUUID } from 'node:crypto';
import { ApiKey } from '../../src/access/api-keys/api-key.entity.js';
import { ApiKeyUse } from '../../src/access/api-keys/api-key-use.entity.js';
import { Group } from '../../src/access/people/group.entity.js';
import { User } from '../../src/access/people/user.entity.js';
import { Datacenter } from '../../src/datacenters/datacenter.entity.js';
import { GlobalSettings } from '../../src/datacenters/settings/global-settings.entity.js';
import { ImageAttachment } from '../../src/images/image-attachment.entity.js';
import { ImageTag } from '../../src/images/image-tag.entity.js';
import { Image } from '../../src/images/image.entity.js';
import type { Database, SqlEntityManager } from '../../src/platform/database/database.js';
import { ScheduledWork } from '../../src/platform/scheduling/scheduled-work.entity.js';
import { RepositoryImage } from '../../src/repositories/entries/repository-image.entity.js';
import { ImageRepository } from '../../src/repositories/image-repository.entity.js';
import { RecordedChange } from '../../src/tasks/changes/recorded-change.entity.js';
import { IdempotencyKey } from '../../src/tasks/idempotency/idempotency-key.entity.js';
import { Task } from '../../src/tasks/task.entity.js';
import { VirtualDisk } from '../../src/virtual-servers/disks/virtual-disk.entity.js';
import { Snapshot } from '../../src/virtual-servers/snapshots/snapshot.entity.js';
import { VirtualServer } from '../../src/virtual-servers/virtual-server.entity.js';

/** Characters that databases, JSON and terminals treat in ways of their own. */
export const ODD_TEXT = `'quoted' "twice" \`thrice\` back\\slash %_? $1 :x ñ Ж 漢字 😀 \u200b\ttab\nline`;
const LARGE = 2 ** 53 - 1;

/** Puts rows into every table: odd texts, nulls, large numbers, truth values of both kinds, a circle of foreign keys. */
export async function fillEveryTable(database: Database): Promise<void> {
  await database.em.fork().transactional(async (tx) => {
    const owner = tx.create(User, { username: 'owner', isSuperAdmin: true, active: false, email: null });
    const other = tx.create(User, { username: 'Ö😀', email: 'a+b@example.com' });
    await tx.flush();
    const main = tx.create(Datacenter, { name: 'main', alias: ODD_TEXT.slice(0, 60), access: 'PUBLIC', owner, vmsImageLimit: 0 });
    await tx.flush();
    tx.assign(owner, { currentDatacenter: main });
    const group = tx.create(Group, { name: 'group', alias: 'group', permissions: ['image.import'] as never });
    await tx.flush();
    group.users.add(owner, other);
    group.datacenters.add(main);
    const key = tx.create(ApiKey, { id: randomUUID(), user: other, name: 'key', hash: 'f'.repeat(64), expiresAt: new Date(8.64e15) });
    tx.create(ScheduledWork, { name: ODD_TEXT.slice(0, 20), dueAt: new Date(8.64e15) });
    tx.create(ApiKeyUse, { key, lastUsedAt: new Date(4) });
    const server = tx.create(VirtualServer, { uuid: randomUUID(), hostname: 'img01', datacenter: main, owner, osType: 'LINUX_VM', tags: ['a', 'ñ"\\'], addresses: [] });
    await tx.flush();
    const snapshot = tx.create(Snapshot, { server, name: 'before', diskId: 1, sizeMib: 1 });
    tx.create(RecordedChange, { id: randomUUID(), changedAt: LARGE, body: JSON.stringify({ text: ODD_TEXT }) });
    tx.create(GlobalSettings, { id: 1, imageServer: server, imageSources: [] });
    await tx.flush();
    await fillImages(tx, { owner, main, server, snapshot });
  });
}

interface Parents {
  owner: User;
  main: Datacenter;
  server: VirtualServer;
  snapshot: Snapshot;
}

async function fillImages(tx: SqlEntityManager, { owner, main, server, snapshot }: Parents): Promise<void> {
  const repository = tx.create(ImageRepository, { name: 'remote', url: 'https://images.example.com', isLocal: false, retired: true, lastUpdate: new Date(0) });
  const entry = { repository, version: '1', type: 'zvol', osType: null, description: ODD_TEXT, sizeMib: 1, downloadSize: LARGE, state: 'active', publishedSort: -1, contentHash: 'a'.repeat(40), manifest: '{"a":"\\u0000"}' };
  const first = tx.create(RepositoryImage, { ...entry, uuid: randomUUID(), fromGeneration: 0, toGeneration: 1, name: 'debian', searchText: 'debian shared text' });
  tx.create(RepositoryImage, { ...entry, uuid: randomUUID(), fromGeneration: 0, name: 'alpine', searchText: 'alpine own text', searchId: null });
  await tx.flush();
  tx.create(RepositoryImage, { ...entry, uuid: first.uuid, fromGeneration: 1, name: 'debian', searchText: 'debian shared text', searchId: first.id });
  const common = { version: '1', owner, sizeMib: 1, osType: 'LINUX_VM' as const, createdAt: new Date(1), updatedAt: new Date(2) };
  const withFile = tx.create(Image, { ...common, uuid: randomUUID(), name: 'with-file', alias: 'a', aliasKey: 'a', searchText: 'with-file findable', fileSize: LARGE, fileSha1: '1'.repeat(40), fileSha256: '2'.repeat(64), fileCompression: 'gzip', fileKey: `${randomUUID()}-1`, manifest: JSON.stringify({ description: ODD_TEXT }), resize: true, repository, sourceSnapshot: snapshot });
  const gone = tx.create(Image, { ...common, uuid: randomUUID(), name: 'gone', alias: 'b', aliasKey: 'b', searchText: 'gone', publishedAt: null, manifest: '{"published_at":"nonsense"}' });
  await tx.flush();
  tx.create(ImageAttachment, { image: withFile, datacenter: main, boundImageId: withFile.id });
  for (const [position, tag] of ['z', 'a', 'ñ'].entries()) tx.create(ImageTag, { image: withFile, tag, position });
  tx.create(VirtualDisk, { server, diskId: 1, sizeMib: 1, image: withFile });
  const task = tx.create(Task, { id: randomUUID(), action: 'IMAGE_IMPORT', status: 'FAILED', user: owner, image: withFile, detail: { text: ODD_TEXT, list: [1, null, true] }, instructions: {}, finishedAt: new Date(3), cancelRequested: true });
  tx.create(IdempotencyKey, { user: owner, requestKey: ODD_TEXT, inputHash: 'f'.repeat(64), task });
  await tx.flush();
  // The last id is given to nobody else.
  await tx.nativeDelete(Image, { id: gone.id });
}
