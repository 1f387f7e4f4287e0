import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIELD_CODES, ERROR_CODES } from '../../src/platform/error-codes.js';
import { ask, TRANSPORTS } from '../support/transports.js';
import { World } from '../support/world.js';

interface Fault {
  path: string;
  code: string;
  message: string;
  params: Record<string, unknown>;
}

const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { warnings } }';
const UPDATE = 'mutation ($input: UpdateImageInput!) { updateImage(input: $input) { warnings } }';
const DATACENTER = 'mutation ($input: CreateDatacenterInput!) { createDatacenter(input: $input) { name } }';
const USER = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { username } }';
const SERVER = 'mutation ($input: RegisterServerInput!) { registerServer(input: $input) { uuid } }';
const NEW_SERVER = { uuid: 'aaaaaaaa-0000-4000-8000-000000000001', hostname: 'web', datacenter: 'main', owner: 'admin', osType: 'LINUX_VM' };
const CODES: ReadonlySet<string> = new Set([...Object.keys(FIELD_CODES), ...Object.keys(ERROR_CODES)]);

let world: World;
beforeAll(async () => {
  world = await World.start({ imageServer: false });
  await world.image('taken', { alias: 'Taken', version: '1' });
});
afterAll(async () => world?.close());

/** The code of the only error, and what a form reads of it. */
async function refusal(query: string, variables: object): Promise<{ code: string | undefined; fields: Fault[] }> {
  const { errors } = await world.admin.send(query, variables as Record<string, unknown>);
  const [error, ...others] = errors;
  expect(others).toEqual([]);
  const fields = (error?.extensions['fields'] ?? []) as Fault[];
  for (const { path, code, message, params } of fields) {
    expect(path).not.toBe('');
    expect(CODES).toContain(code);
    expect(message).toMatch(/\S/);
    expect(params).toBeTypeOf('object');
  }
  return { code: error?.extensions.code, fields };
}

const short = ({ path, code }: Fault): string => `${path} ${code}`;

describe('a value that breaks a rule', () => {
  it('is named with the rule and the values of the message, all at once', async () => {
    const input = { name: 'taken', alias: 'x'.repeat(40), version: '', owner: 'nobody', tags: ['a', 'a', '<'] };
    const { code, fields } = await refusal(UPDATE, { input });
    expect(code).toBe('BAD_USER_INPUT');
    expect(fields.map(short).sort()).toEqual(['alias TOO_LONG', 'owner NOT_FOUND', 'tags.1 DUPLICATE', 'tags.2 INVALID_FORMAT', 'version REQUIRED']);
    expect(Object.fromEntries(fields.map(({ path, params }) => [path, params]))).toMatchObject({ alias: { given: 40, accepted: 32 }, owner: { value: 'nobody' }, 'tags.1': { value: 'a' } });
  });

  it.each([
    ['a page that is too large', '{ datacenters(first: 1000) { totalCount } }', {}, ['first OUT_OF_RANGE']],
    ['two that exclude each other', '{ image(name: "a", uuid: "aaaaaaaa-0000-4000-8000-000000000001") { name } }', {}, ['uuid EXCLUSIVE']],
    ['a list that is too long', UPDATE, { input: { name: 'taken', tags: Array.from({ length: 40 }, (_, n) => `t${n}`) } }, ['tags TOO_MANY']],
    ['a disk within a list', SERVER, { input: { ...NEW_SERVER, disks: [{ diskId: 1, size: 0, image: 'none' }] } }, ['disks.0.image NOT_FOUND', 'disks.0.size OUT_OF_RANGE']],
    ['several of a user', USER, { input: { username: ' a', email: 'nowhere', groups: ['none'] } }, ['email INVALID_FORMAT', 'groups.0 NOT_FOUND', 'username INVALID_FORMAT']],
  ])('is named: %s', async (_what, query, variables, wanted) => {
    const { code, fields } = await refusal(query, variables);
    expect([code, ...fields.map(short).sort()]).toEqual(['BAD_USER_INPUT', ...wanted]);
  });
});

describe('a value of a variable that does not fit its type', () => {
  const CASES: [what: string, input: object, wanted: string][] = [
    ['an enum value that there is not', { name: 'a', access: 'SECRET' }, 'access NOT_ACCEPTED'],
    ['another type', { name: 'a', resize: 'yes' }, 'resize WRONG_TYPE'],
    ['another type in a list', { name: 'a', tags: ['a', 5] }, 'tags.1 WRONG_TYPE'],
    ['a field that is needed', { alias: 'a' }, 'name REQUIRED'],
    ['null where a value is needed', { name: null }, 'name REQUIRED'],
    ['a field that there is not', { name: 'a', nickname: 'b' }, 'nickname UNKNOWN_FIELD'],
  ];

  it.each(CASES)('is named by its field: %s', async (_what, input, wanted) => {
    const { code, fields } = await refusal(UPDATE, { input });
    expect([code, ...fields.map(short)]).toEqual(['BAD_USER_INPUT', wanted]);
  });

  it('is named by the argument outside of inputs, with its type and value', async () => {
    const { fields } = await refusal('query ($uuid: UUID) { image(uuid: $uuid) { name } }', { uuid: 'none' });
    expect(fields).toMatchObject([{ path: 'uuid', code: 'INVALID_FORMAT', params: { type: 'UUID', value: 'none' } }]);
    expect((await refusal('query ($id: ID!) { task(id: $id) { id } }', {})).fields).toMatchObject([{ path: 'id', code: 'REQUIRED', params: { type: 'ID!' } }]);
    expect((await refusal('query ($n: Int) { datacenters(first: $n) { totalCount } }', { n: 2 ** 40 })).fields.map(short)).toEqual(['first OUT_OF_RANGE']);
  });

  const LIST = 'query ($given: [ID!]!) { ...Found } fragment Found on Query { found: nodes(ids: $given) { id } }';
  const SIZED = 'mutation ($given: Int!, $more: [VirtualDiskInput!]) { registerServer(input: { uuid: "aaaaaaaa-0000-4000-8000-000000000001", hostname: "a", datacenter: "main", owner: "admin", osType: LINUX_VM, disks: [{ diskId: 1, size: $given }] }) { id } updateServer(input: { uuid: "aaaaaaaa-0000-4000-8000-000000000001", disks: $more }) { id } }';
  const PLACES: [where: string, query: string, variables: object, wanted: string[]][] = [
    ['an argument in a fragment', LIST, { given: [{ a: 1 }] }, ['ids.0 WRONG_TYPE']],
    ['a missing argument in a fragment', LIST, {}, ['ids REQUIRED']],
    ['a field of a literal input', 'mutation ($given: [String!]) { updateImage(input: { name: "a", tags: $given }) { warnings } }', { given: ['a', 5] }, ['tags.1 WRONG_TYPE']],
    ['a field within a list of a literal input', SIZED, { given: 'x', more: [{ diskId: 1, size: 'y' }] }, ['disks.0.size WRONG_TYPE', 'disks.0.size WRONG_TYPE']],
    ['an input with too many fields', SERVER, { input: { disks: [{ diskId: 1, size: 1, image: 'a', more: 1 }] } }, ['disks.0 TOO_MANY']],
    ['an input that is missing', UPDATE.replaceAll('$input', '$given'), {}, ['input REQUIRED']],
  ];

  it.each(PLACES)('is named by where it is used, whatever the variable is called: %s', async (_where, query, variables, wanted) => {
    const { code, fields } = await refusal(query, variables);
    expect([code, ...fields.map(short)]).toEqual(['BAD_USER_INPUT', ...wanted]);
  });

  it.each(TRANSPORTS)('is the same over %s', async (transport) => {
    const { errors } = await ask(transport, world.gateway.url, world.admin.key, { query: UPDATE, variables: { input: { name: 'a', access: 'SECRET' } } });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'access', code: 'NOT_ACCEPTED', params: { type: 'ImageAccess', value: 'SECRET' } }] } }]);
  });
});

describe('another refusal', () => {
  it('names the inputs to blame for what is taken', async () => {
    const { manifestUrl } = world.offer({ name: 'fresh', version: '1' });
    const given = { manifestUrl, datacenter: 'main' };
    expect(await refusal(IMPORT, { input: { ...given, name: 'taken' } })).toMatchObject({ code: 'ALREADY_EXISTS', fields: [{ path: 'name', code: 'ALREADY_EXISTS', params: { value: 'taken' } }] });
    const label = await refusal(IMPORT, { input: { ...given, name: 'other', alias: 'Taken', version: '1' } });
    expect(label.fields.map(short)).toEqual(['alias ALREADY_EXISTS', 'version ALREADY_EXISTS']);
    await world.datacenter('twin');
    expect((await refusal(DATACENTER, { input: { name: 'twin' } })).fields.map(short)).toEqual(['name ALREADY_EXISTS']);
  });

  it('names the input to blame for what is not there', async () => {
    const { manifestUrl } = world.offer({ name: 'fresh', version: '1' });
    expect(await refusal(IMPORT, { input: { name: 'a', manifestUrl, datacenter: 'none' } })).toMatchObject({ code: 'NOT_FOUND', fields: [{ path: 'datacenter', code: 'NOT_FOUND', params: { value: 'none' } }] });
    expect((await refusal(UPDATE, { input: { name: 'none' } })).fields.map(short)).toEqual(['name NOT_FOUND']);
    expect((await refusal('{ usableImages(datacenter: "none") { totalCount } }', {})).fields.map(short)).toEqual(['datacenter NOT_FOUND']);
    expect((await refusal('mutation { cancelTask(id: "none") { id } }', {})).fields.map(short)).toEqual(['id NOT_FOUND']);
  });

  it('names the address that leads to no manifest, without its query', async () => {
    const url = new URL('/nothing?secret=1', world.repository.url).href;
    const { code, fields } = await refusal(IMPORT, { input: { name: 'a', manifestUrl: url, datacenter: 'main' } });
    expect([code, ...fields.map(short)]).toEqual(['MANIFEST_UNREACHABLE', 'manifestUrl MANIFEST_UNREACHABLE']);
    expect(JSON.stringify(fields)).not.toContain('secret');
    expect((await refusal(IMPORT, { input: { name: 'a', manifestUrl: 'http://10.1.2.3/x', datacenter: 'main' } })).fields.map(short)).toEqual(['manifestUrl URL_NOT_ALLOWED']);
  });

  it('names the datacenter that is full', async () => {
    await world.datacenter('full');
    await world.admin.run('mutation { updateDatacenterSettings(input: { datacenter: "full", vmsImageLimit: 0 }) { name } }');
    const { manifestUrl } = world.offer({ name: 'fresh', version: '1' });
    expect(await refusal(IMPORT, { input: { name: 'a', manifestUrl, datacenter: 'full' } })).toMatchObject({ code: 'IMAGE_LIMIT_REACHED', fields: [{ path: 'datacenter', code: 'IMAGE_LIMIT_REACHED' }] });
  });
});
