import { LockMode } from '@mikro-orm/core';
import type { Viewer } from '../../access/viewer.js';
import { Datacenter } from '../../datacenters/datacenter.entity.js';
import { lockForBinding } from '../../images/rules/bind-limit.js';
import { announceImage } from '../../images/events/image-changes.js';
import type { Image } from '../../images/image.entity.js';
import { insertImage, type NewImageRow, requireFreeName } from '../../images/mutations/insert-image.js';
import { newManifest } from '../../imgapi/new-manifest.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { AppError, blame, blaming, notFound } from '../../platform/errors.js';
import { recordDone, recordWork, type TaskFacts, type TaskStarter } from '../../tasks/runner/record-task.js';
import type { Announce } from '../../tasks/changes/transact.js';
import { Snapshot } from '../snapshots/snapshot.entity.js';
import type { CreateImageInstructions } from './image-creation.js';
import { VirtualDisk } from '../disks/virtual-disk.entity.js';
import { VirtualServer } from '../virtual-server.entity.js';
import type { ServerStatus } from '../virtual-server.enums.js';

const OPERATIONAL_STATUSES: readonly ServerStatus[] = ['RUNNING', 'STOPPED', 'STOPPING', 'FROZEN'];

/** An image to create from a snapshot: what the caller has decided about it. */
export interface ImageFromSnapshot {
  viewer: Viewer;
  serverId: number;
  snapshotId: number;
  image: Omit<NewImageRow, 'status' | 'sizeMib' | 'osType' | 'manifest' | 'origin'> & { tags: readonly string[] };
  /** Whether there is an image server; throws when there is one that is unavailable. */
  hasImageServer: () => boolean;
}

export interface InsertedImage {
  image: Image;
  datacenter: Datacenter;
  server: VirtualServer;
  snapshot: Snapshot;
  taskId: string;
}

interface Source {
  server: VirtualServer;
  snapshot: Snapshot;
  datacenter: Datacenter;
}

/** Locks the server and the snapshot until the transaction ends, and checks their states. */
async function lockSource(tx: SqlEntityManager, { viewer, serverId, snapshotId }: ImageFromSnapshot): Promise<Source> {
  const server = await tx.findOne(VirtualServer, serverId, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (server === null) throw notFound('server with the id', String(serverId));
  const datacenter = await tx.findOneOrFail(Datacenter, server.datacenter.id);
  // The server may have moved since the caller's permission was checked.
  viewer.demand('image.createFromSnapshot', { datacenter });
  const snapshot = await tx.findOne(Snapshot, snapshotId, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (snapshot === null) throw notFound('snapshot with the id', String(snapshotId));
  const { hostname, status } = server;
  if (snapshot.status !== 'OK') {
    const message = `Snapshot ${snapshot.name} of server ${hostname} is ${snapshot.status}; an image is created from one that is OK.`;
    throw blame(new AppError('SNAPSHOT_NOT_READY', message), { snapshot: snapshot.name });
  }
  if (!OPERATIONAL_STATUSES.includes(status)) {
    throw blame(new AppError('SERVER_NOT_OPERATIONAL', `Server ${hostname} is ${status}; it must be RUNNING, STOPPED, STOPPING or FROZEN.`), { server: hostname });
  }
  return { server, snapshot, datacenter };
}

/** The size of the disk, or that of the snapshot when the server was registered without that disk. */
async function sizeMibOf(tx: SqlEntityManager, { server, snapshot }: Source): Promise<number> {
  const disk = await tx.findOne(VirtualDisk, { server: server.id, diskId: snapshot.diskId });
  return disk?.sizeMib ?? Math.max(1, snapshot.sizeMib);
}

function requireDataUrl({ snapshot, server }: Source): void {
  if (snapshot.dataUrl !== null && snapshot.dataUrl !== undefined) return;
  throw new AppError(
    'FILE_UNREACHABLE',
    `Snapshot ${snapshot.name} of server ${server.hostname} was registered without dataUrl, so its bytes cannot be read; unregister it and register it with one.`,
  );
}

/**
 * Inserts the image, its attachment and its task, and sets the snapshot to PENDING. Checks every rule of state before, in the
 * documented order. Without an image server the image is OK at once, its task done, and the snapshot stays as it is.
 */
export async function insertImageFromSnapshot(tx: SqlEntityManager, request: ImageFromSnapshot, announce: Announce): Promise<InsertedImage> {
  const source = await lockSource(tx, request);
  const { server, snapshot, datacenter } = source;
  const { tags, ...given } = request.image;
  await requireFreeName(tx, given);
  await blaming({ server: server.hostname }, async () => lockForBinding(tx, datacenter.id, datacenter.name));
  const hasServer = request.hasImageServer();
  if (hasServer) requireDataUrl(source);
  const { osType } = server;
  const sizeMib = await sizeMibOf(tx, source);
  const manifest = JSON.stringify(newManifest({ ...given, osType, sizeMib }));
  // The snapshot has every byte of the disk, so the new image builds on nothing, whatever the disk was made from.
  const values = { ...given, origin: null, osType, sizeMib, manifest, status: hasServer ? 'PENDING' : 'OK', sourceSnapshot: snapshot.id } as const;
  const image = await insertImage(tx, values, tags, datacenter.id);
  const facts: TaskFacts & TaskStarter = {
    action: 'IMAGE_CREATE',
    ...request.viewer.starter,
    datacenterId: datacenter.id,
    imageId: image.id,
    imageName: image.name,
    detail: { server: server.hostname, snapshot: snapshot.name, diskId: snapshot.diskId, dcBound: true },
  };
  const instructions: CreateImageInstructions = { snapshotId: snapshot.id, uuid: image.uuid };
  const taskId = hasServer ? await recordWork(tx, facts, { instructions }, announce) : await recordDone(tx, facts, announce);
  if (hasServer) snapshot.status = 'PENDING';
  await tx.flush();
  announceImage('CREATED', image, { datacenterIds: [datacenter.id], boundDatacenterId: datacenter.id, before: null }, announce);
  return { image, datacenter, server, snapshot, taskId };
}
