import { afterEach, describe, expect, it } from 'vitest';
import { restoreLabels } from '../../src/images/rules/restore-labels.js';
import { type Database, migrate } from '../../src/platform/database/database.js';
import { restoreNameKeys } from '../../src/platform/database/schema/restore-name-keys.js';
import { openEmptyDatabase, type TestedDatabase } from '../support/database.js';

let opened: TestedDatabase | null = null;
afterEach(async () => opened?.close());

/** A database as the migration before this one left it, with these rows, after all further ones. */
async function migrated(before: string, statements: readonly string[]): Promise<Database> {
  opened = await openEmptyDatabase();
  const { database } = opened;
  await database.migrator.up({ to: before });
  for (const statement of statements) await database.em.getConnection().execute(statement, [], 'run');
  await migrate(database);
  await restoreLabels(database.em.fork());
  return database;
}

const rows = async (database: Database, statement: string): Promise<unknown[]> => database.em.fork().getConnection().execute(statement);

const ADMIN = "insert into user_account (id, username, created_at) values (1, 'admin', 0)";

function image(id: number, { name = `image-${id}`, alias = `a${id}`, version = '1', manifest = {} }: { name?: string; alias?: string; version?: string; manifest?: object } = {}): string {
  return `insert into image (id, uuid, name, alias, alias_key, version, owner_id, size_mib, os_type, search_text, manifest, created_at, updated_at)
    values (${id}, 'u${id}', '${name}', '${alias}', '${alias.toLowerCase()}', '${version}', 1, 1024, 'LINUX_VM', '${`${name}\n${alias}\n`.toLowerCase()}', '${JSON.stringify(manifest)}', 0, 0)`;
}

const UUID = '0deb1a12-5eed-4000-8000-00000000000a';
const DECOMPOSED = 'Cafe\u0301';
const COMPOSED = 'Café';

describe('images that were there before', () => {
  it('get their base from their manifest', async () => {
    const database = await migrated('2026-11-27-image-list', [
      ADMIN,
      image(1, { manifest: { origin: UUID } }),
      image(2, { manifest: { origin: UUID.toUpperCase() } }),
      image(3),
      ...['no uuid', 7, null].map((origin, at) => image(4 + at, { manifest: { origin } })),
      image(7).replace("'{}'", "'no manifest'"),
      ...[String.raw`\u0000`, String.raw`\ud800`].map((text, at) => image(8 + at).replace("'{}'", `'{"description": "${text}", "origin": "${UUID}"}'`)),
    ]);
    expect(await rows(database, 'select id, origin from image where origin is not null order by id')).toEqual([1, 2, 8, 9].map((id) => ({ id, origin: UUID })));
  });

  it('keep their names and labels, in NFC and without outer spaces, and those that look the same get keys of their own', async () => {
    const database = await migrated('2026-11-27-image-list', [
      ADMIN,
      image(1, { name: 'debian', alias: DECOMPOSED }),
      image(2, { name: 'Debian', alias: COMPOSED }),
      image(3, { alias: ' plain ', version: ' 2 ' }),
      image(4, { alias: 'ﬁne' }),
      image(5, { alias: 'fine' }),
      image(6, { alias: '\u2003' }),
    ]);
    expect(await rows(database, 'select id, name_key, alias, alias_key, version, version_key from image order by id')).toEqual([
      { id: 1, name_key: 'debian', alias: COMPOSED, alias_key: 'café<1>', version: '1', version_key: '1' },
      { id: 2, name_key: 'debian<2>', alias: COMPOSED, alias_key: 'café', version: '1', version_key: '1' },
      { id: 3, name_key: 'image-3', alias: 'plain', alias_key: 'plain', version: '2', version_key: '2' },
      { id: 4, name_key: 'image-4', alias: 'ﬁne', alias_key: 'fine<4>', version: '1', version_key: '1' },
      { id: 5, name_key: 'image-5', alias: 'fine', alias_key: 'fine', version: '1', version_key: '1' },
      { id: 6, name_key: 'image-6', alias: '\u2003', alias_key: ' ', version: '1', version_key: '1' },
    ]);
    expect(await rows(database, 'select search_text from image where id = 1')).toEqual([{ search_text: 'debian\ncafé\n' }]);
  });
});

it('users, groups, datacenters and servers whose names differ in case only stay, and no further ones come', async () => {
  const database = await migrated('2026-11-27-image-list', [
    ADMIN,
    "insert into user_account (id, username, created_at) values (2, 'ADMIN', 0), (3, 'Admin', 0)",
    "insert into user_group (id, name, alias, permissions, created_at) values (1, 'staff', 'staff', '[]', 0), (2, 'Staff', 'x', '[]', 0)",
    "insert into datacenter (id, name, alias, access, owner_id, description, created_at) values (1, 'main', 'main', 'PUBLIC', 1, '', 0), (2, 'Main', 'x', 'PUBLIC', 1, '', 0)",
    "insert into virtual_server (uuid, hostname, datacenter_id, owner_id, os_type, tags, addresses, created_at) values ('a', 'web', 1, 1, 'LINUX_VM', '[]', '[]', 0), ('b', 'WEB', 1, 1, 'LINUX_VM', '[]', '[]', 0)",
  ]);
  expect(await rows(database, 'select username, username_key from user_account order by id')).toEqual([
    { username: 'admin', username_key: 'admin' },
    { username: 'ADMIN', username_key: 'admin<2>' },
    { username: 'Admin', username_key: 'admin<3>' },
  ]);
  expect(await rows(database, 'select name_key from user_group order by id')).toEqual([{ name_key: 'staff' }, { name_key: 'staff<2>' }]);
  expect(await rows(database, 'select name_key from datacenter order by id')).toEqual([{ name_key: 'main' }, { name_key: 'main<2>' }]);
  expect(await rows(database, 'select hostname_key from virtual_server order by id')).toEqual([{ hostname_key: 'web' }, { hostname_key: 'web<2>' }]);
});

it('rows that an older program writes after a rollback get their keys at the next start', async () => {
  const database = await migrated('2026-11-27-image-list', [ADMIN]);
  const server = (id: number, hostname: string): string => `insert into virtual_server (id, uuid, hostname, datacenter_id, owner_id, os_type, tags, addresses, created_at) values (${id}, 's${id}', '${hostname}', 1, 1, 'LINUX_VM', '[]', '[]', 0)`;
  const statements = [
    "insert into user_account (id, username, created_at) values (2, 'Bob', 0), (3, 'BOB', 0), (4, 'Admin', 0)",
    "insert into user_group (id, name, alias, permissions, created_at) values (1, 'Staff', 'staff', '[]', 0)",
    "insert into datacenter (id, name, alias, access, owner_id, description, created_at) values (1, 'Main', 'main', 'PUBLIC', 1, '', 0)",
    server(1, 'Web'),
    image(1, { name: 'Debian' }),
  ];
  for (const statement of statements) await database.em.getConnection().execute(statement, [], 'run');
  for (let starts = 0; starts < 2; starts += 1) {
    await restoreNameKeys(database.em.fork());
    await restoreLabels(database.em.fork());
    expect(await rows(database, 'select username_key from user_account order by id')).toEqual(['admin', 'bob', 'bob<3>', 'admin<4>'].map((key) => ({ username_key: key })));
    expect(await rows(database, 'select name_key from user_group')).toEqual([{ name_key: 'staff' }]);
    expect(await rows(database, 'select name_key from datacenter')).toEqual([{ name_key: 'main' }]);
    expect(await rows(database, 'select hostname_key from virtual_server')).toEqual([{ hostname_key: 'web' }]);
    expect(await rows(database, 'select name_key, version_key from image')).toEqual([{ name_key: 'debian', version_key: '1' }]);
  }
});
