import type { GatewayClient } from './gateway-client.js';
import type { SampleRepository } from './sample-repository.js';

/** One user for each kind of caller that the permissions distinguish. */
export const PERSONAS = [
  { username: 'ursula', group: null, about: 'a plain user of main' },
  { username: 'olga', group: null, about: 'owns an image, has no roles' },
  { username: 'dora', group: 'main-admins', about: 'DCAdmin of main' },
  { username: 'ivan', group: 'main-image-admins', about: 'ImageAdmin of main' },
  { username: 'xenia', group: 'alpha-image-admins', about: 'ImageAdmin of alpha only' },
  { username: 'mila', group: 'main-importers', about: 'Importer of main: may import images' },
  { username: 'nils', group: 'main-half-admins', about: 'IMAGE_ADMIN without ADMIN in main, which is worth nothing' },
] as const;

const GROUPS = [
  { name: 'main-admins', permissions: ['ADMIN'], datacenter: 'main' },
  { name: 'main-image-admins', permissions: ['ADMIN', 'IMAGE_ADMIN'], datacenter: 'main' },
  { name: 'main-importers', permissions: ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'], datacenter: 'main' },
  { name: 'main-half-admins', permissions: ['IMAGE_ADMIN'], datacenter: 'main' },
  { name: 'alpha-image-admins', permissions: ['ADMIN', 'IMAGE_ADMIN'], datacenter: 'alpha' },
];

/** Images that the demo imports at its start; the tour imports others. */
const IMPORTS = [
  { at: 0, access: 'PUBLIC', datacenter: 'main', owner: 'admin' },
  { at: 3, access: 'PUBLIC', datacenter: 'main', owner: 'admin' },
  { at: 4, access: 'PRIVATE', datacenter: 'main', owner: 'olga' },
  { at: 6, access: 'PUBLIC', datacenter: 'alpha', owner: 'admin' },
];

const SERVERS = [
  { n: 1, hostname: 'web01', datacenter: 'main', owner: 'ursula', osType: 'LINUX_VM', image: 'debian-12', size: 10_240 },
  { n: 2, hostname: 'web02', datacenter: 'main', owner: 'ursula', osType: 'LINUX_VM', image: 'debian-12', size: 20_480 },
  { n: 3, hostname: 'zone01', datacenter: 'main', owner: 'dora', osType: 'SUNOS_ZONE', image: 'base-64', size: 1024 },
  { n: 4, hostname: 'bsd01', datacenter: 'alpha', owner: 'xenia', osType: 'BSD_VM', image: 'freebsd-14', size: 10_240 },
];

/** Configures the sample repository in the gateway (its port changes with each run) and loads it. */
export async function connectRepository(client: GatewayClient, repository: SampleRepository): Promise<void> {
  const input = { vmsImageRepositories: [{ name: 'demo', url: repository.url }] };
  await client.run('mutation ($input: UpdateGlobalSettingsInput!) { updateGlobalSettings(input: $input) { vmsImageVmNic } }', { input });
  await client.run('mutation { refreshImageRepository(name: "demo") { added } }');
}

/** Creates a second datacenter, a user for each persona, a few imported images, and servers that use them. */
export async function createWorld(client: GatewayClient, repository: SampleRepository): Promise<void> {
  const input = { name: 'alpha', alias: 'Alpha', description: 'A private datacenter.' };
  await client.run('mutation ($input: CreateDatacenterInput!) { createDatacenter(input: $input) { name } }', { input });
  for (const { username } of PERSONAS) {
    await client.run('mutation ($username: String!) { createUser(input: { username: $username }) { username } }', { username });
  }
  for (const { name, permissions, datacenter } of GROUPS) {
    const users = PERSONAS.filter((persona) => persona.group === name).map((persona) => persona.username);
    await client.run('mutation ($input: CreateGroupInput!) { createGroup(input: $input) { name } }', {
      input: { name, permissions, users, datacenters: [datacenter] },
    });
  }
  await Promise.all(IMPORTS.map(async (one) => importImage(client, repository, one)));
  for (const server of SERVERS) await registerServer(client, server);
}

async function importImage(client: GatewayClient, repository: SampleRepository, wanted: (typeof IMPORTS)[number]): Promise<void> {
  const { at, ...rest } = wanted;
  const uuid = repository.images[at]?.manifest.uuid;
  const { importRepositoryImage } = await client.run<{ importRepositoryImage: { task: { id: string } } }>(
    'mutation ($input: ImportRepositoryImageInput!) { importRepositoryImage(input: $input) { task { id } } }',
    { input: { repository: 'demo', uuid, ...rest } },
  );
  await client.taskEnded(importRepositoryImage.task.id);
}

async function registerServer(client: GatewayClient, server: (typeof SERVERS)[number]): Promise<void> {
  const { n, image, size, ...rest } = server;
  const input = {
    ...rest,
    uuid: `5e4e4000-5eed-4000-8000-${String(n).padStart(12, '0')}`,
    status: 'RUNNING',
    disks: [{ diskId: 1, size, image }],
    addresses: [`192.0.2.${n}`],
  };
  await client.run('mutation ($input: RegisterServerInput!) { registerServer(input: $input) { uuid } }', { input });
}
