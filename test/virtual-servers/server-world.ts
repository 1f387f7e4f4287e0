import { randomUUID } from 'node:crypto';
import type { TestClient } from '../support/gateway.js';

const REGISTER = 'mutation ($input: RegisterServerInput!) { registerServer(input: $input) { uuid } }';
const SNAPSHOT = 'mutation ($input: RegisterSnapshotInput!) { registerSnapshot(input: $input) { name } }';

/** A server with one disk of 10 GiB, in `main` and of `admin` unless said otherwise; its uuid. */
export async function registerServer(admin: TestClient, hostname: string, fields: Record<string, unknown> = {}): Promise<string> {
  const uuid = randomUUID();
  const input = { uuid, hostname, datacenter: 'main', owner: 'admin', osType: 'LINUX_VM', status: 'RUNNING', disks: [{ diskId: 1, size: 10_240 }], ...fields };
  await admin.run(REGISTER, { input });
  return uuid;
}

export async function registerSnapshot(admin: TestClient, server: string, name: string, fields: Record<string, unknown> = {}): Promise<void> {
  await admin.run(SNAPSHOT, { input: { server, name, size: 10_240, ...fields } });
}

/** A user with a key of its own, in a group of these permissions in a datacenter. */
export async function createUser(admin: TestClient, username: string, permissions: string[], datacenter: string | null): Promise<string> {
  await admin.run('mutation ($name: String!) { createUser(input: { username: $name }) { username } }', { name: username });
  if (datacenter !== null) {
    const input = { name: `group-of-${username}`, permissions, users: [username], datacenters: [datacenter] };
    await admin.run('mutation ($input: CreateGroupInput!) { createGroup(input: $input) { name } }', { input });
  }
  const { createApiKey } = await admin.run('mutation ($name: String!) { createApiKey(input: { username: $name, name: "test" }) { key } }', { name: username });
  return createApiKey.key;
}

/** Every image that is there, by name, with what a reader sees of it. */
export async function imageNames(admin: TestClient): Promise<string[]> {
  const { images } = await admin.run('{ images(showAll: true, showDeleted: true, first: 200) { nodes { name } } }');
  return images.nodes.map((image: { name: string }) => image.name).sort();
}

export async function snapshotStatus(admin: TestClient, hostname: string, name: string): Promise<string | undefined> {
  const { server } = await admin.run('query ($hostname: String!) { server(hostname: $hostname) { snapshots { name status } } }', { hostname });
  return server.snapshots.find((snapshot: { name: string }) => snapshot.name === name)?.status;
}

export async function imageServer(admin: TestClient, hostname: string | null): Promise<void> {
  await admin.run('mutation ($vm: String) { updateGlobalSettings(input: { vmsImageVm: $vm }) { vmsImageVmNic } }', { vm: hostname });
}
