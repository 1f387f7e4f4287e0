import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Answer, TestClient } from '../support/gateway.js';
import type { BuiltWorld } from './build-world.js';
import type { DatacenterFacts, ImageFacts } from './facts.js';
import type { Rules } from './rules.js';

/** A verdict without its action, or what an operation answers in its place. */
export interface Said {
  allowed: boolean;
  code: string | null;
  reason: string | null;
  requires: unknown;
}
export type Verdict = Said & { action: string };

const ALLOWED: Said = { allowed: true, code: null, reason: null, requires: null };

/** What an operation says, in the words of a verdict. */
export function saidBy({ errors: [error] }: Answer): Said {
  if (error === undefined) return ALLOWED;
  const { code, requires = null } = error.extensions;
  // Whoever is refused is told what it would take.
  if (code === 'FORBIDDEN') expect(requires).toMatchObject({ permissions: expect.any(Array) });
  return { allowed: false, code, reason: error.message, requires };
}

const IMAGE_MUTATIONS: Record<string, string> = {
  UPDATE: 'mutation ($input: UpdateImageInput!) { updateImage(input: $input) { warnings } }',
  CHANGE_DC_BOUND: 'mutation ($input: UpdateImageInput!) { updateImage(input: $input) { warnings } }',
  DELETE: 'mutation ($input: DeleteImageInput!) { deleteImage(input: $input) { warnings } }',
  ATTACH: 'mutation ($input: AttachImageInput!) { attachImage(input: $input) { warnings } }',
  DETACH: 'mutation ($input: AttachImageInput!) { detachImage(input: $input) { warnings } }',
};

/** Carries an action on an image out as a dry run, with an input that is refused only if the action is. */
export async function tryOnImage(client: TestClient, action: string, { name, bound }: Pick<ImageFacts, 'name' | 'bound'>, datacenter: string): Promise<Said> {
  const inputs: Record<string, object> = { UPDATE: { name, alias: `other ${name}` }, CHANGE_DC_BOUND: { name, dcBound: bound === null }, DELETE: { name } };
  const input = { ...(inputs[action] ?? { image: name, datacenter }), dryRun: true };
  return saidBy(await client.send(IMAGE_MUTATIONS[action] ?? '', { input }));
}

/** What registering a server of that user says, with a disk that fits; undone at once. */
export async function tryUse(admin: TestClient, owner: string, image: Pick<ImageFacts, 'name' | 'kind' | 'size'>, datacenter: string): Promise<Said> {
  const uuid = randomUUID();
  const input = { uuid, hostname: `try-${uuid}`, datacenter, owner, osType: image.kind, disks: [{ diskId: 1, size: image.size, image: image.name }] };
  const answer = await admin.send('mutation ($input: RegisterServerInput!) { registerServer(input: $input) { uuid } }', { input });
  if (answer.errors.length === 0) await admin.run('mutation ($u: UUID!) { unregisterServer(uuid: $u) }', { u: uuid });
  return saidBy(answer);
}

/** Does in a datacenter what changes nothing; null where this world has nothing to try it with. */
export async function tryInDatacenter(world: BuiltWorld, rules: Rules, client: TestClient, { action, datacenter }: { action: string; datacenter: DatacenterFacts }): Promise<Said | null> {
  const { name, alias, limit } = datacenter;
  const offered = world.repository.images.at(-1);
  const manifestUrl = offered && world.repository.manifestUrl(offered);
  const fresh = { name: 'a-new-one', alias: 'a new one', dryRun: true };
  const server = world.facts.servers.find((one) => one.datacenter === name && one.snapshots.length > 0 && rules.seesServer(one));
  switch (action) {
    case 'LIST_IMAGES':
      return saidBy(await client.send('query ($d: String) { images(datacenter: $d) { nodes { name } } }', { d: name }));
    case 'IMPORT':
      return saidBy(await client.send('mutation ($input: ImportImageInput!) { importImage(input: $input) { warnings } }', { input: { ...fresh, manifestUrl, datacenter: name } }));
    case 'IMPORT_UNBOUND':
      return saidBy(await client.send('mutation ($input: ImportImageInput!) { importImage(input: $input) { warnings } }', { input: { ...fresh, manifestUrl, dcBound: false } }));
    case 'CREATE_FROM_SNAPSHOT': {
      if (server === undefined) return null;
      const input = { ...fresh, server: server.hostname, snapshot: server.snapshots[0]?.name };
      return saidBy(await client.send('mutation ($input: CreateImageFromSnapshotInput!) { createImageFromSnapshot(input: $input) { warnings } }', { input }));
    }
    case 'UPDATE':
      return saidBy(await client.send('mutation ($input: UpdateDatacenterInput!) { updateDatacenter(input: $input) { name } }', { input: { name, alias } }));
    case 'CHANGE_SETTINGS':
      return saidBy(await client.send('mutation ($input: UpdateDatacenterSettingsInput!) { updateDatacenterSettings(input: $input) { name } }', { input: { datacenter: name, vmsImageLimit: limit } }));
    default:
      return null;
  }
}

export async function tryDelete(client: TestClient, name: string): Promise<Said> {
  return saidBy(await client.send('mutation ($n: String!) { deleteDatacenter(name: $n) }', { n: name }));
}

export async function tryCancel(client: TestClient, id: string): Promise<Said> {
  return saidBy(await client.send('mutation ($id: ID!) { cancelTask(id: $id) { status } }', { id }));
}
