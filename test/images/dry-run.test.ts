import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dumpDatabase } from '../support/database-dump.js';
import { type Answer, databaseOf } from '../support/gateway.js';
import { startStaffed, type StaffedWorld } from '../support/staff.js';
import type { World } from '../support/world.js';

let world: World;

let people: StaffedWorld['people'];
let manifestUrl: string;
beforeAll(async () => {
  ({ world, people } = await startStaffed());
  await world.image('bound', { access: 'PUBLIC', tags: ['web'] });
  await world.image('busy', { access: 'PUBLIC' });
  await world.server('web-1', { image: 'busy' });
  await world.image('spread');
  await world.admin.run('mutation { attachImage(input: { image: "spread", datacenter: "beta" }) { bindingRemoved } }');
  const offered = world.offer({ name: 'offered', version: '7', size: 12_345 });
  manifestUrl = offered.manifestUrl;
  await world.admin.run('mutation ($url: HttpUrl!) { updateGlobalSettings(input: { vmsImageRepositories: [{ name: "remote", url: $url }] }) { vmsImageVmNic } }', { url: world.repository.url });
  await world.admin.run('mutation { refreshImageRepository(name: "remote") { added } }');
});
afterAll(async () => world?.close());

const PAYLOAD = 'image { name status alias access dcBound boundDatacenter { name } datacenters { name } owner { username } actions { action allowed } tasks { nodes { id } } } task { action status user { username } datacenter { name } image { name } } warnings';

interface Case {
  field: string;
  type: string;
  payload?: string;
  input: () => Record<string, unknown>;
  warnings: RegExp[];
  shows?: object;
}

const CASES: Record<string, Case> = {
  'an import': {
    field: 'importImage',
    type: 'ImportImageInput',
    input: () => ({ name: 'fresh', manifestUrl, datacenter: 'alpha' }),
    warnings: [/^Image fresh \(LINUX_VM, 10240 MiB\) will be created, bound to datacenter alpha\.$/, /^Its file of 12345 bytes will be downloaded from .*\/file\.$/],
    shows: { image: { name: 'fresh', status: 'PENDING', dcBound: true, boundDatacenter: { name: 'alpha' }, datacenters: [{ name: 'alpha' }] }, task: { image: { name: 'fresh' } } },
  },
  'an import from a repository': {
    field: 'importRepositoryImage',
    type: 'ImportRepositoryImageInput',
    input: () => ({ repository: 'remote', uuid: world.repository.images.at(-1)?.manifest.uuid, dcBound: false }),
    warnings: [/^Image offered .* bound and attached nowhere\.$/, /^Its file of 12345 bytes/],
    shows: { image: { name: 'offered', dcBound: false, datacenters: [] } },
  },
  'an update': {
    field: 'updateImage',
    type: 'UpdateImageInput',
    input: () => ({ name: 'bound', alias: 'Bound!', access: 'DELETED', owner: 'anna', dcBound: false, tags: ['db'] }),
    warnings: [
      /^alias will change from "bound" to "Bound!"\.$/,
      /^access will change from "PUBLIC" to "DELETED"\.$/,
      /^tags will change from \["web"\] to \["db"\]\.$/,
      /^owner will change from "admin" to "anna"\.$/,
      /^The image will be hidden and unusable for new servers; no server has it now\.$/,
      /^The binding to alpha will be removed: 2 ImageAdmins lose write access\.$/,
      /^The image will be PENDING until/,
    ],
    shows: { image: { alias: 'Bound!', access: 'DELETED', dcBound: false, owner: { username: 'anna' }, status: 'PENDING' } },
  },
  'a deletion': {
    field: 'deleteImage',
    type: 'DeleteImageInput',
    payload: 'name uuid task { action status imageName } warnings',
    input: () => ({ name: 'bound' }),
    warnings: [/^Image bound, and its file of 4096 bytes, will be removed for good\.$/, /no longer be usable in datacenter alpha\.$/],
    shows: { name: 'bound', task: { action: 'IMAGE_DELETE' } },
  },
  'an attachment': {
    field: 'attachImage',
    type: 'AttachImageInput',
    payload: `bindingRemoved datacenter { name } ${PAYLOAD}`,
    input: () => ({ image: 'bound', datacenter: 'beta' }),
    warnings: [/^Image bound will become usable in datacenter beta\.$/, /^The binding to alpha will be removed: 2 ImageAdmins lose write access\.$/],
    shows: { bindingRemoved: true, image: { dcBound: false, datacenters: [{ name: 'alpha' }, { name: 'beta' }] } },
  },
  'a detachment': {
    field: 'detachImage',
    type: 'AttachImageInput',
    payload: `bindingRemoved datacenter { name } ${PAYLOAD}`,
    input: () => ({ image: 'spread', datacenter: 'beta' }),
    warnings: [/^Image spread will no longer be usable in datacenter beta\.$/],
    shows: { bindingRemoved: false, image: { datacenters: [{ name: 'alpha' }] } },
  },
};

/** Without the times at which keys were used last, which are written a moment after a request. */
async function dump(): Promise<string> {
  return dumpDatabase(databaseOf(world.folder), ['api_key_use']);
}

async function send({ field, type, payload = PAYLOAD }: Case, input: Record<string, unknown>) {
  return world.admin.send(`mutation ($input: ${type}!) { ${field}(input: $input) { ${payload} } }`, { input });
}

describe.each(Object.entries(CASES))('a dry run of %s', (_name, one) => {
  it('tells what would happen, and changes nothing', async () => {
    const before = await dump();
    const { data, errors } = await send(one, { ...one.input(), dryRun: true });
    expect(errors).toEqual([]);
    const answer = data?.[one.field];
    expect(answer.warnings).toHaveLength(one.warnings.length);
    one.warnings.forEach((pattern, at) => expect(answer.warnings[at]).toMatch(pattern));
    expect(answer).toMatchObject(one.shows ?? {});
    expect(await dump()).toBe(before);
  });
});

/** All that an error says, but not which request it was. */
function told({ errors }: Answer): unknown[] {
  return errors.map(({ message, extensions: { requestId: _request, ...extensions } }) => ({ message, extensions }));
}

describe('a dry run that would be refused', () => {
  const refusals: [string, Case, Record<string, unknown>][] = [
    ['of a name that is taken', CASES['an import']!, { name: 'bound', datacenter: 'alpha' }],
    ['of broken values', CASES['an import']!, { name: '-x', alias: '', datacenter: 'alpha' }],
    ['of an image in use', CASES['a deletion']!, { name: 'busy' }],
    ['of an unknown image', CASES['an update']!, { name: 'nothing' }],
    ['of a taken alias', CASES['an update']!, { name: 'bound', alias: 'busy', version: 'busy' }],
    ['of a binding while attached twice', CASES['an update']!, { name: 'spread', dcBound: true }],
    ['of an attachment that is there', CASES['an attachment']!, { image: 'bound', datacenter: 'alpha' }],
    ['of a detachment in use', CASES['a detachment']!, { image: 'busy', datacenter: 'alpha' }],
  ];
  it.each(refusals)('%s is refused with the same words, and changes nothing', async (_name, one, input) => {
    const given = one.field === 'importImage' ? { manifestUrl, ...input } : input;
    const before = await dump();
    const dry = await send(one, { ...given, dryRun: true });
    const real = await send(one, given);
    expect(dry.errors).toHaveLength(1);
    expect(told(dry)).toEqual(told(real));
    expect(await dump()).toBe(before);
  });

  it('is refused to who may not do it', async () => {
    for (const [person, code] of [['peter', 'FORBIDDEN'], ['dora', 'FORBIDDEN']] as const) {
      expect(await people[person].code('mutation { deleteImage(input: { name: "bound", dryRun: true }) { name } }')).toBe(code);
    }
  });
});

describe('changes of one request', () => {
  it('each see what the one before left', async () => {
    const { a, b } = await world.admin.run(`mutation {
      a: attachImage(input: { image: "busy", datacenter: "beta" }) { bindingRemoved image { dcBound datacenters { name } } }
      b: detachImage(input: { image: "busy", datacenter: "beta" }) { bindingRemoved image { datacenters { name } } }
    }`);
    expect(a).toEqual({ bindingRemoved: true, image: { dcBound: false, datacenters: [{ name: 'alpha' }, { name: 'beta' }] } });
    expect(b).toEqual({ bindingRemoved: false, image: { datacenters: [{ name: 'alpha' }] } });
  });
});
