import { Refused } from '../command-error.js';
import { defineCommand } from '../command.js';
import type { GatewayClient } from '../server/gateway-client.js';
import { listPages, type Page } from '../server/list-pages.js';

const USER = `query CliExplainUser($username: String!) {
  viewer { user { username } }
  user(username: $username) { username active isSuperAdmin groups { name permissions datacenters { name } } }
}`;
const DATACENTERS = `query CliExplainDatacenters($first: Int, $after: String) {
  datacenters(first: $first, after: $after) { nodes { name owner { username } } pageInfo { hasNextPage endCursor } }
}`;
const IMAGE = `query CliExplainImage($name: String!) {
  image(name: $name) {
    name status access owner { username } boundDatacenter { name } datacenters { name }
    actions { action allowed code reason requires { permissions datacenter } }
  }
}`;

const MOST_DATACENTERS = 100_000;

interface User {
  username: string;
  active: boolean;
  isSuperAdmin: boolean;
  groups: { name: string; permissions: string[]; datacenters: { name: string }[] }[];
}

interface Image {
  name: string;
  status: string;
  access: string;
  owner: { username: string };
  boundDatacenter: { name: string } | null;
  datacenters: { name: string }[];
  actions: { action: string; allowed: boolean; code: string | null; reason: string | null }[];
}

interface Grant {
  datacenter: string;
  permission: string;
  by: string;
}

/** What a user holds, where, and what grants it; for an image, only where that is attached. */
export const explainPermissions = defineCommand({
  usage: 'explain <user> [image]',
  summary: 'Show what a user may do, and what grants it.',
  notes: 'With an image: only the datacenters that it is attached to. The gateway judges each action for yourself alone, so its verdicts are shown when USER is you.',
  options: (parser) =>
    parser
      .positional('user', { type: 'string', demandOption: true, describe: 'Username' })
      .positional('image', { type: 'string', describe: 'Name of an image' }),
  async run({ gateway, output }, { user: username, image: imageName }) {
    const client = await gateway();
    const { viewer, user } = await client.run<{ viewer: { user: { username: string } }; user: User | null }>(USER, { username });
    if (user === null) throw new Refused(`NOT_FOUND: There is no user "${username.slice(0, 200)}"; see "users ls".`, 'NOT_FOUND');
    const image = imageName === undefined ? null : await readImage(client, imageName);
    const grants = (await grantsOf(client, user)).filter(({ datacenter }) => concerns(image, datacenter));
    const verdicts = image !== null && viewer.user.username === user.username ? image.actions : [];
    if (output.isJson) return output.done('', { username, active: user.active, isSuperAdmin: user.isSuperAdmin, grants, image, verdicts });
    for (const sentence of [...sentencesAbout(user), ...(image === null ? [] : sentencesOn(image, user))]) output.text(sentence);
    output.list({ rows: grants, hasMore: false }, [
      { title: 'DATACENTER', of: ({ datacenter }) => datacenter },
      { title: 'PERMISSION', of: ({ permission }) => permission },
      { title: 'GRANTED BY', of: ({ by }) => by },
    ]);
    if (verdicts.length === 0) return;
    output.list({ rows: verdicts, hasMore: false }, [
      { title: 'ACTION', of: ({ action }) => action },
      { title: 'ALLOWED', of: ({ allowed }) => allowed },
      { title: 'CODE', of: ({ code }) => code },
      { title: 'REASON', of: ({ reason }) => reason },
    ]);
  },
});

async function readImage(client: GatewayClient, name: string): Promise<Image> {
  const { image } = await client.run<{ image: Image | null }>(IMAGE, { name });
  if (image === null) throw new Refused(`NOT_FOUND: There is no image "${name.slice(0, 200)}" that you can see; see "images ls".`, 'NOT_FOUND');
  return image;
}

async function grantsOf(client: GatewayClient, user: User): Promise<Grant[]> {
  const { rows } = await listPages(MOST_DATACENTERS, async (page) => (await client.run<{ datacenters: Page<{ name: string; owner: { username: string } }> }>(DATACENTERS, page)).datacenters);
  const owned = rows.filter(({ owner }) => owner.username === user.username).map(({ name }) => ({ datacenter: name, permission: 'ADMIN', by: 'owning the datacenter' }));
  const granted = user.groups.flatMap(({ name, permissions, datacenters }) =>
    datacenters.flatMap((datacenter) => permissions.map((permission) => ({ datacenter: datacenter.name, permission, by: `group ${name}` }))),
  );
  return [...owned, ...granted].sort((one, other) => one.datacenter.localeCompare(other.datacenter) || one.permission.localeCompare(other.permission));
}

function concerns(image: Image | null, datacenter: string): boolean {
  return image === null || image.datacenters.some(({ name }) => name === datacenter);
}

function sentencesAbout({ username, active, isSuperAdmin, groups }: User): string[] {
  return [
    active ? `${username} can sign in.` : `${username} is not active, and so can neither sign in nor do anything.`,
    ...(isSuperAdmin ? [`${username} is a SuperAdmin, and may do everything everywhere.`] : []),
    ...(groups.length === 0 ? [`${username} is in no group.`] : []),
  ];
}

function sentencesOn(image: Image, user: User): string[] {
  const bound = image.boundDatacenter?.name;
  return [
    bound === undefined
      ? `Image ${image.name} is bound to no datacenter: only SuperAdmins change it.`
      : `Image ${image.name} is bound to ${bound}: who holds ADMIN and IMAGE_ADMIN there changes it.`,
    image.owner.username === user.username ? `${user.username} owns it, and may use it.` : `Its access is ${image.access}, and its owner ${image.owner.username}.`,
    ...(image.status === 'OK' ? [] : [`It is ${image.status}: until a task has ended, nothing can be done to it.`]),
  ];
}
