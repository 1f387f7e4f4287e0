import { randomUUID } from 'node:crypto';
import type { Facts } from '../oracle/facts.js';
import type { Material } from './operations.js';
import type { Tape } from './tape.js';

/** Texts that have broken other servers. */
export const ODD_TEXTS = [
  '', ' ', '\u0000', 'a\u0000b', '\ud800', '\udfff x', '😀'.repeat(9), 'İı', '\u202egpj', '\r\n\t', "'; drop table image; --", '%_\\', '../../etc/passwd',
  '<script>', '__proto__', 'constructor', '$ne', 'null', '0', '-1', '1e999', 'a'.repeat(33), 'a'.repeat(5000), '{"a":1}', '[]', '#', '"', '\\', 'ǆ', 'ﬀ', 'e\u0301',
];

const ODD_NUMBERS = [0, -1, 1, 2, 200, 201, 2_147_483_647, -2_147_483_648];
const ODD_DATES = ['2026-01-01T00:00:00Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '2026-02-30T00:00:00Z', '-271821-04-20T00:00:00Z', '+275760-09-13T00:00:00.001Z', 'now', ''];

/** What no scalar but JSON takes, and numbers at the edges. */
export const WRONG_VALUES: readonly unknown[] = [null, true, 1.5, -0, 2 ** 53, 1e308, {}, [], [[]], [null], { a: { b: [1] } }, '1', 'x', ['x', 1], { __proto__: null }];

/** A new name every few draws, so that things are made, met again and made twice. */
const made = (tape: Tape): string => `made${tape.draw(8)}`;

function names(facts: Facts): Record<string, readonly string[]> {
  const [datacenters, images, users, servers, groups] = [
    facts.datacenters.map(({ name }) => name),
    facts.images.map(({ name }) => name),
    // Not admin: nobody would be left to fuzz as.
    facts.users.map(({ username }) => username).filter((username) => username !== 'admin'),
    facts.servers.map(({ hostname }) => hostname),
    facts.groups.map(({ name }) => name),
  ];
  return {
    datacenter: datacenters, datacenters, image: images, user: users, users, username: users, owner: users, server: servers, hostname: servers,
    group: groups, groups, repository: [facts.repository.name], vmsImageVm: servers, snapshot: ['nightly'],
    Image: images, Datacenter: datacenters, Group: groups, Snapshot: ['nightly'],
  };
}

function urls(facts: Facts, tape: Tape): string {
  const offered = tape.pick(facts.offered);
  return tape.pick([
    `${facts.repository.url}/images/${offered.uuid}`, facts.repository.url, `${facts.repository.url}/nothing`, 'http://127.0.0.1:1/closed', 'http://169.254.169.254/latest',
    'http://0x7f.1/', 'http://[::1]:1/', 'http://10.0.0.1/', 'javascript:alert(1)', 'ftp://127.0.0.1/x', 'http://', 'http://user:word@127.0.0.1:1/', 'HTTP://127.0.0.1:1', 'http://127.0.0.1:99999/',
  ]);
}

/** What a place of the schema is about: `Mutation.deleteDatacenter.name` is about a datacenter. */
function subject(place: string): string {
  const [parent = '', field = '', argument] = place.split('.');
  const last = argument ?? field;
  if (last !== 'name' && last !== 'id') return last;
  const about = ['Datacenter', 'Group', 'Snapshot', 'Image'].find((one) => `${parent}.${field}`.toLowerCase().includes(one.toLowerCase()));
  return about ?? last;
}

/** Not shut out for good in the middle of a run. */
const STAYING = ['user1', 'user2'];

function text(facts: Facts, place: string, tape: Tape): string {
  if (tape.chance(15)) return tape.pick(ODD_TEXTS);
  const known = names(facts)[subject(place)];
  if (known === undefined || tape.chance(25)) return made(tape);
  const drawn = tape.pick(known);
  return place === 'UpdateUserInput.username' && STAYING.includes(drawn) ? made(tape) : drawn;
}

function reference(facts: Facts, tape: Tape): unknown {
  const type = tape.pick(['Image', 'Datacenter', 'User', 'VirtualServer', 'Task', 'ImageRepository', 'Snapshot', 'Group', 'RepositoryImage', 'Viewer', 'Nothing', '__proto__']);
  const key = tape.pick(['name', 'uuid', 'username', 'hostname', 'id', 'constructor']);
  const value = tape.chance(80) ? tape.pick([...facts.images.map(({ name }) => name), ...facts.images.map(({ uuid }) => uuid), ...facts.ids.values(), 'main', 'user1']) : tape.pick(WRONG_VALUES);
  return tape.chance(90) ? { __typename: type, [key]: value } : tape.pick(WRONG_VALUES);
}

function scalar(facts: Facts, type: string, place: string, tape: Tape): unknown {
  switch (type) {
    case 'Int':
    case 'ByteSize':
      return tape.chance(50) ? 1 + tape.draw(5) : tape.pick(ODD_NUMBERS);
    case 'Boolean':
      return tape.draw(2) === 0;
    case 'Float':
      return tape.draw(1000) / 7;
    case 'UUID':
      return tape.pick([...facts.images, ...facts.servers, ...facts.offered].map(({ uuid }) => uuid).concat(randomUUID(), randomUUID().toUpperCase(), 'no-uuid'));
    case 'ID':
      return tape.pick([...facts.ids.values(), ...facts.tasks.slice(0, 5).map(({ id }) => id), ...ODD_TEXTS]);
    case 'HttpUrl':
      return urls(facts, tape);
    case 'DateTime':
      return tape.pick([...ODD_DATES, ...facts.images.map(({ createdAt }) => createdAt)]);
    case '_Any':
      return reference(facts, tape);
    case 'JSON':
      return tape.pick(WRONG_VALUES);
    default:
      return /after|before/.test(place) ? tape.pick(['', 'WyJhIiwxXQ', 'WzEsMV0', 'W10', 'bnVsbA', '💥', 'WyJcdTAwMDAiLDFd']) : text(facts, place, tape);
  }
}

/** The whole schema, with values that are right, nearly right, and odd. */
export function fuzzMaterial(facts: Facts): Material {
  return {
    isWanted: () => true,
    scalar: (type, place, tape) => scalar(facts, type, place, tape),
    depth: 5,
    fields: 40,
    optional: 35,
  };
}
