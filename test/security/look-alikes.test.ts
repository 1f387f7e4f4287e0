import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/gateway.js';
import { World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await World.start({ datacenter: 'north', imageServer: false });
  await world.person('pat');
  await world.group('staff', [], ['pat'], ['north']);
  await world.image('base', { alias: 'Café', version: '1', description: 'A place' });
});
afterAll(async () => world?.close());

const DECOMPOSED = 'Cafe\u0301';
const HALF = '\ud83d';

const MUTATIONS = {
  createUser: ['CreateUserInput', '{ username }'],
  createGroup: ['CreateGroupInput', '{ name alias }'],
  updateGroup: ['UpdateGroupInput', '{ name alias }'],
  createDatacenter: ['CreateDatacenterInput', '{ name alias description }'],
  updateDatacenter: ['UpdateDatacenterInput', '{ name alias description }'],
  createApiKey: ['CreateApiKeyInput', '{ name }'],
  updateImage: ['UpdateImageInput', '{ image { alias version description } }'],
  registerServer: ['RegisterServerInput', '{ hostname }'],
  updateServer: ['UpdateServerInput', '{ hostname }'],
} as const;

async function send(field: keyof typeof MUTATIONS, input: Record<string, unknown>): Promise<Answer> {
  const [type, selection] = MUTATIONS[field];
  return world.admin.send(`mutation ($input: ${type}!) { answer: ${field}(input: $input) ${selection} }`, { input });
}

const code = (answer: Answer): string => answer.errors[0]?.extensions.code ?? 'data';
const server = (hostname: string): Record<string, unknown> => ({ uuid: crypto.randomUUID(), hostname, datacenter: 'north', owner: 'admin', osType: 'LINUX_VM' });

/** Each display text of each input, with the rest of what that takes. */
const TEXTS: [keyof typeof MUTATIONS, string, () => Record<string, unknown>][] = [
  ['createGroup', 'alias', () => ({ name: world.unique('g'), permissions: [] })],
  ['updateGroup', 'alias', () => ({ name: 'staff' })],
  ['createDatacenter', 'alias', () => ({ name: world.unique('d') })],
  ['createDatacenter', 'description', () => ({ name: world.unique('d') })],
  ['updateDatacenter', 'alias', () => ({ name: 'north' })],
  ['updateDatacenter', 'description', () => ({ name: 'north' })],
  ['createApiKey', 'name', () => ({ username: 'pat' })],
  ['updateImage', 'alias', () => ({ name: 'base' })],
  ['updateImage', 'version', () => ({ name: 'base' })],
  ['updateImage', 'description', () => ({ name: 'base' })],
];

/** Characters that nobody sees, by their code points. */
const INVISIBLE = ['\u200b', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u202e', '\u2066', '\u200f', '\u061c', '\u0085', '\u001b', '\u2028', '\u3164', '\u2800', '\u034f', '\u{e0041}'];

describe.each(TEXTS)('%s: the %s', (field, name, rest) => {
  it('is stored in NFC without outer spaces', async () => {
    const { data, errors } = await send(field, { ...rest(), [name]: `\u2003 ${DECOMPOSED} ` });
    expect(errors).toEqual([]);
    const answer = data?.answer;
    expect(answer?.image?.[name] ?? answer?.[name]).toBe('Café');
  });

  it('is refused with a character that nobody sees, which the message names with its position', async () => {
    for (const character of INVISIBLE) {
      const { errors } = await send(field, { ...rest(), [name]: `ab${character}c` });
      const named = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')} at position 3`;
      expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: name, message: expect.stringContaining(named) }] });
      expect(JSON.stringify(errors)).not.toContain(character === '\u001b' ? '\u001b' : character);
    }
  });
});

describe('half of a surrogate pair', () => {
  it('is refused in every text, also within JSON, before it reaches a database', async () => {
    for (const [field, name, rest] of TEXTS) expect(code(await send(field, { ...rest(), [name]: `a${HALF}` }))).toBe('BAD_USER_INPUT');
    const { errors } = await send('createUser', { username: `a${HALF}` });
    expect(errors[0]?.message).toContain('U+D83D at position 2');
    expect(await world.admin.code('query ($search: String) { images(showAll: true, filter: { search: $search }) { nodes { name } } }', { search: HALF })).toBe('BAD_USER_INPUT');
    expect(await world.admin.code('query ($name: String) { image(name: $name) { name } }', { name: HALF })).toBe('BAD_USER_INPUT');
    expect(await world.admin.code('mutation ($url: HttpUrl!) { importImage(input: { name: "x", datacenter: "north", manifestUrl: $url }) { task { id } } }', { url: `http://127.0.0.1/${HALF}` })).toBe('BAD_USER_INPUT');
    const cursor = Buffer.from(String.raw`["\ud83d",1,"NAME"]`).toString('base64url');
    expect(await world.admin.code('query ($after: String) { images(showAll: true, after: $after) { nodes { name } } }', { after: cursor })).toBe('BAD_USER_INPUT');
    const entities = await world.admin.send('query ($of: [_Any!]!) { found: _entities(representations: $of) { ... on Image { name } } }', { of: [{ __typename: 'Image', name: HALF }, { __typename: 'Image', name: 'base' }] });
    expect(entities.data?.found).toEqual([null, { name: 'base' }]);
    expect(entities.errors).toEqual([]);
    // As an escape in the text of the document.
    expect(await world.admin.code(String.raw`{ image(name: "\ud83d") { name } }`)).not.toBe('data');
  });
});

describe('names that differ in case only', () => {
  it('are taken', async () => {
    expect(code(await send('createUser', { username: 'ADMIN' }))).toBe('ALREADY_EXISTS');
    expect(code(await send('createGroup', { name: 'Staff', permissions: [] }))).toBe('ALREADY_EXISTS');
    expect(code(await send('createDatacenter', { name: 'NORTH' }))).toBe('ALREADY_EXISTS');
    expect(code(await send('registerServer', server('IMG01')))).toBe('ALREADY_EXISTS');
    expect(code(await world.import('BASE'))).toBe('ALREADY_EXISTS');
    const { data } = await send('registerServer', server('web-1'));
    expect(data).not.toBeNull();
    const uuid = (await world.admin.run('{ server(hostname: "web-1") { uuid } }')).server.uuid;
    expect(code(await send('updateServer', { uuid, hostname: 'Img01' }))).toBe('ALREADY_EXISTS');
    expect(code(await send('updateServer', { uuid, hostname: 'WEB-1' }))).toBe('data');
  });

  it('name nobody: a username signs in as it is written', async () => {
    expect((await world.admin.run('{ user(username: "PAT") { username } }')).user).toBeNull();
    expect(code(await send('createApiKey', { username: 'PAT', name: 'x' }))).toBe('BAD_USER_INPUT');
  });

  it('are told by what is wrong with them when they only look like letters', async () => {
    const { errors } = await send('createUser', { username: 'аdmin' });
    expect(errors[0]?.extensions).toMatchObject({ fields: [{ path: 'username', message: expect.stringContaining('It has U+0430 at position 1.') }] });
    expect((await send('registerServer', server('w\u200beb'))).errors[0]?.extensions).toMatchObject({ fields: [{ path: 'hostname', message: expect.stringContaining('U+200B at position 2') }] });
  });
});

describe('labels that look the same', () => {
  it('are taken, whatever their case, form and width', async () => {
    await world.image('labelled', { alias: 'Straße ﬁne', version: 'v1' });
    for (const [alias, version] of [['STRASSE FINE', 'v1'], ['straße fine', 'V1'], ['Ｓtraße ﬁne', 'ｖ1'], [' Straße ﬁne ', ' v1 ']]) {
      const { errors } = await world.import(world.unique('other'), { alias, version });
      expect(errors[0]?.extensions.code).toBe('ALREADY_EXISTS');
    }
    expect((await world.import(world.unique('other'), { alias: 'Straße ﬁne', version: 'v2' })).errors).toEqual([]);
  });

  it('come from a manifest without what is refused', async () => {
    const name = world.unique('derived');
    await world.image(name, {}, { name, version: '\u200b1.0\u202e', manifest: { description: `${DECOMPOSED}\u200b on\nDebian` } });
    const { image } = await world.admin.run('query ($name: String) { image(name: $name) { version description } }', { name });
    expect(image).toEqual({ version: '1.0', description: 'Café on Debian' });
  });
});

it('finds canonically equal text', async () => {
  await world.image('coffee', { alias: DECOMPOSED, version: '9', description: 'Crème brûlée' });
  const found = async (search: string): Promise<string[]> =>
    (await world.admin.run('query ($search: String) { images(showAll: true, filter: { search: $search }) { nodes { name } } }', { search })).images.nodes.map(({ name }: { name: string }) => name);
  for (const text of [DECOMPOSED, 'Café', 'CAFÉ', 'cafe\u0301', 'E\u0301']) expect(await found(text)).toContain('coffee');
  expect(await found('bru\u0302le\u0301e')).toEqual(['coffee']);
  await world.addRepository('remote');
  world.offer({ name: 'remote', version: '1', manifest: { description: `A ${DECOMPOSED} remote` } });
  await world.loadRepository('remote');
  for (const search of [DECOMPOSED, 'CAFÉ']) {
    const { imageRepository } = await world.admin.run('query ($search: String) { imageRepository(name: "remote") { images(filter: { search: $search }) { nodes { name } } } }', { search: `${search} remote` });
    expect(imageRepository.images.nodes).toEqual([{ name: 'remote' }]);
  }
});
