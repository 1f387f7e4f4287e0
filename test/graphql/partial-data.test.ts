import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, TRANSPORTS } from '../support/transports.js';
import { type Person, World } from '../support/world.js';

/** A page of a console: much that only a SuperAdmin may see, between what everybody may. */
const PAGE = `query Page {
  viewer { user { username groups { name users { username } } } permissions elsewhere: permissions(datacenter: "secret") }
  datacenter(name: "main") {
    name groups { name } images { totalCount } settings { vmsImageLimit } usableImages { totalCount }
    owner { username email isSuperAdmin active createdAt groups { name } apiKeys { id } }
  }
  images { totalCount } hidden: images(datacenter: "secret") { totalCount } unusable: usableImages(datacenter: "secret") { totalCount }
  servers { totalCount } noServers: servers(datacenter: "secret") { totalCount }
  tasks { totalCount } noTasks: tasks(datacenter: "secret") { totalCount }
  imageServer { url } imageRepositories { name } imageRepository(name: "none") { name } globalSettings { vmsImageVmNic }
  users { __typename } user(username: "admin") { username } groups { __typename } group(name: "crew") { name }
  image(name: "base") { name manifest file { sha1 } repository { name } manifestUrl sourceSnapshot { name } origin { name } children { totalCount } servers { totalCount } serverCount tasks { totalCount } }
}`;

const GUARDED = ['manifest', 'file', 'repository', 'manifestUrl', 'sourceSnapshot', 'origin', 'children', 'servers', 'serverCount', 'tasks'];
const REFUSED: Record<string, string[]> = {
  FORBIDDEN: [
    ...['groups', 'images', 'settings', ...['email', 'isSuperAdmin', 'active', 'createdAt', 'groups', 'apiKeys'].map((field) => `owner.${field}`)].map((field) => `datacenter.${field}`),
    ...['images', 'imageServer', 'imageRepositories', 'imageRepository', 'globalSettings', 'users', 'user', 'groups', 'group'],
    ...GUARDED.map((field) => `image.${field}`),
  ],
  NOT_FOUND: ['viewer.elsewhere', 'hidden', 'unusable', 'noServers', 'noTasks'],
};

let world: World;
let member: Person;

beforeAll(async () => {
  world = await World.start({ settings: { COMPILED_OPERATIONS: 'on' }, imageServer: false });
  await world.datacenter('secret');
  await world.image('base', { access: 'PUBLIC' });
  member = await world.person('member');
  await world.person('other');
  await world.group('crew', [], ['member', 'other'], ['main']);
  // From its third run on, the compiled operation answers whom nothing refuses.
  for (let run = 0; run < 3; run += 1) await world.admin.run(PAGE);
});
afterAll(async () => world?.close());

describe('one refusal leaves the rest of the answer', () => {
  it.each(TRANSPORTS)('over %s, with the path of each field that was refused', async (transport) => {
    const { data, errors = [] } = await ask(transport, world.gateway.url, member.key, { query: PAGE });
    const refused = errors.map(({ path = [], extensions }) => `${extensions.code} ${path.join('.')}`);
    expect(refused.sort()).toEqual(Object.entries(REFUSED).flatMap(([code, paths]) => paths.map((path) => `${code} ${path}`)).sort());
    expect(data).toMatchObject({
      viewer: { user: { username: 'member', groups: [{ name: 'crew', users: [{ username: 'member' }] }] }, permissions: [], elsewhere: null },
      datacenter: { name: 'main', groups: null, images: null, settings: null, usableImages: { totalCount: 1 }, owner: { username: 'admin', email: null, isSuperAdmin: null, groups: null } },
      images: null,
      unusable: null,
      servers: { totalCount: 0 },
      tasks: { totalCount: 0 },
      globalSettings: null,
      users: null,
      image: { name: 'base', manifest: null, serverCount: null },
    });
  });

  it('has status 200, in both media types', async () => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${member.key}` };
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const response = await fetch(`${world.gateway.url}/graphql`, { method: 'POST', headers: { ...headers, accept }, body: JSON.stringify({ query: PAGE }) });
      expect(response.status).toBe(200);
    }
  });
});
