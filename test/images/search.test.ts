import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Viewer } from '../../src/access/viewer.js';
import { DatacenterQueries } from '../../src/datacenters/datacenter.queries.js';
import { ENTITIES } from '../../src/entities.js';
import { ImageQueries } from '../../src/images/image.queries.js';
import type { ImageFilter } from '../../src/images/list/image.inputs.js';
import { searchTextOf } from '../../src/images/rules/image-rules.js';
import { type Database, migrate, missingSearchIndex, openDatabase } from '../../src/platform/database/database.js';
import type { ImageRepositoryType } from '../../src/repositories/image-repository.type.js';
import { RepositoryImageQueries } from '../../src/repositories/entries/repository-image.queries.js';
import { createTestDatabase } from '../support/postgres.js';

const ADMIN = { userId: 1, username: 'admin', isSuperAdmin: true, currentDatacenterId: null, memberships: [] };
const MAIN = { id: 1, name: 'main' };
const IMAGES: readonly (readonly [name: string, alias: string, description: string])[] = [
  ['debian-12', 'Debian Bookworm', 'A small server'],
  ['ubuntu', 'Ubuntu', 'Ein Server für Größeres, ÄÖÜ'],
  ['percent', 'fifty', 'uses 100% of a_b and a\\b'],
  ['quotes', 'quoted', 'it\'s "quoted" AND (bracketed) NEAR * ^'],
  ['xz', 'last letters: qj', ''],
  ['emoji', 'emoji', 'a 🦊 fox'],
];

function textOf(at: number): string {
  const [name, alias, description] = IMAGES[at]!;
  return searchTextOf(name, alias, description);
}

async function fill(database: Database): Promise<void> {
  const run = async (statement: string, values: unknown[] = []): Promise<unknown> => database.em.fork().getConnection().execute(statement, values, 'run');
  await run("insert into user_account (id, username, created_at) values (1, 'admin', 0)");
  await run("insert into datacenter (id, name, alias, access, owner_id, created_at) values (1, 'main', 'main', 'PUBLIC', 1, 0)");
  await run("insert into image_repository (id, name, url, created_at) values (1, 'offers', 'http://offers.invalid', 0)");
  for (const [at, [name, alias, description]] of IMAGES.entries()) {
    const id = at + 1;
    await run(
      `insert into image (id, uuid, name, alias, alias_key, version, owner_id, size_mib, os_type, description, search_text, manifest, created_at, updated_at)
        values (?, ?, ?, ?, ?, '1', 1, 1024, 'LINUX_VM', ?, ?, '{}', 0, 0)`,
      [id, `u${id}`, name, alias, alias, description, textOf(at)],
    );
    await run('insert into image_attachment (image_id, datacenter_id) values (?, 1)', [id]);
    await run(
      `insert into repository_image (id, repository_id, uuid, from_generation, name, version, type, description, size_mib, download_size, state, published_sort, content_hash, search_text, manifest)
        values (?, 1, ?, 0, ?, '1', 'zvol', ?, 1024, 1, 'active', 0, '', ?, '{}')`,
      [id, `u${id}`, name, description, textOf(at)],
    );
  }
}

describe.each(['SQLite', 'Postgres'])('a search on %s', (kind) => {
  let database: Database;
  let drop = async (): Promise<void> => undefined;

  beforeAll(async () => {
    if (kind === 'SQLite') database = await openDatabase({ kind: 'sqlite', path: ':memory:' }, ENTITIES);
    else {
      const test = await createTestDatabase();
      drop = test.drop;
      database = await openDatabase({ kind: 'postgres', url: test.url }, ENTITIES);
    }
    await migrate(database);
    await fill(database);
  });
  afterAll(async () => {
    await database?.close(true);
    await drop();
  });

  const request = (filter: ImageFilter) => ({ page: {}, filter, selection: { items: true, totalCount: true, fields: new Set(['name']) } });

  async function found(search: string, further: ImageFilter = {}): Promise<string[]> {
    const em = database.em.fork();
    const viewer = new Viewer(ADMIN);
    const queries = new ImageQueries(em, viewer, new DatacenterQueries(em, viewer));
    const everywhere = await queries.everywhere(false, request({ search, ...further }));
    const attached = await queries.ofDatacenter(MAIN as never, false, request({ search, ...further }));
    expect(attached.nodes.map((image) => image.name)).toEqual(everywhere.nodes.map((image) => image.name));
    expect(everywhere.totalCount).toBe(everywhere.nodes.length);
    return everywhere.nodes.map((image) => String(image.name)).sort();
  }

  async function offered(search: string): Promise<(string | undefined)[]> {
    const repository = { id: 1, isLocal: false, imageCount: IMAGES.length, url: 'http://offers.invalid' } as ImageRepositoryType;
    const [em, viewer] = [database.em.fork(), new Viewer(ADMIN)];
    const queries = new RepositoryImageQueries(em, viewer, new ImageQueries(em, viewer, new DatacenterQueries(em, viewer)));
    return (await queries.page(repository, request({ search }))).nodes.map((image) => image.name).sort();
  }

  it.each([
    ['a part of the name', 'bian-1', ['debian-12']],
    ['a part of the alias', 'bookw', ['debian-12']],
    ['a part of the description', 'all serv', ['debian-12']],
    ['what stands in several images', 'server', ['debian-12', 'ubuntu']],
    ['any case', 'DEBIAN', ['debian-12']],
    ['umlauts in any case', 'für GRÖSSERES'.replace('SS', 'ß'), ['ubuntu']],
    ['umlauts alone', 'äöü', ['ubuntu']],
    ['one umlaut', 'ö', ['ubuntu']],
    ['a percent sign', '100%', ['percent']],
    ['a percent sign alone', '%', ['percent']],
    ['an underscore, which stands for itself', 'a_b', ['percent']],
    ['a backslash', 'a\\b', ['percent']],
    ['double quotes', '"quoted"', ['quotes']],
    ['single quotes', "it's", ['quotes']],
    ['words that a query language might know', 'AND (bracketed) NEAR * ^', ['quotes']],
    ['two letters', 'xz', ['xz']],
    ['two letters at the very end of a text', 'qj', ['xz']],
    ['one letter at the very end of a text', 'j', ['emoji', 'xz']],
    ['one letter in many images', 'u', ['debian-12', 'percent', 'quotes', 'ubuntu'].filter((name) => textOf(IMAGES.findIndex(([one]) => one === name)).includes('u'))],
    ['a character of two halves', '🦊', ['emoji']],
    ['a character of two halves among others', 'a 🦊 f', ['emoji']],
    ['the part from one line to the next', 'ubuntu\nein', ['ubuntu']],
  ])('finds %s', async (_what, search, names) => {
    expect(await found(search)).toEqual(names);
    expect(await offered(search)).toEqual(names);
  });

  it.each([
    ['what is in no image', 'zebra'],
    ['parts that do not stand together', 'debianserver'],
    ['characters that all are there, in another order', 'naibed'],
    ['an umlaut for its vowel', 'gross'],
    ['a text longer than any', 'debian'.repeat(20_000)],
    ['a character that no text can have', 'deb\0ian'],
    ['half a character', '\ud83e'],
  ])('finds nothing for %s', async (_what, search) => {
    expect(await found(search)).toEqual([]);
    expect(await offered(search)).toEqual([]);
  });

  it('takes every text for an empty search', async () => {
    expect(await found('')).toHaveLength(IMAGES.length);
  });

  it('goes together with the other filters', async () => {
    expect(await found('server', { owner: 'admin', access: ['PRIVATE'], osType: ['LINUX_VM'], status: ['OK'] })).toEqual(['debian-12', 'ubuntu']);
    expect(await found('server', { owner: 'nobody' })).toEqual([]);
    expect(await found('server', { access: ['PUBLIC'] })).toEqual([]);
    expect(await found('server', { tags: ['none'] })).toEqual([]);
  });

  it('follows what is changed and deleted', async () => {
    const run = async (statement: string): Promise<unknown> => database.em.fork().getConnection().execute(statement, [], 'run');
    await run("update image set search_text = 'emoji\nzoo\nwith a zebra' where name = 'emoji'");
    await run("update repository_image set search_text = 'emoji\nwith a zebra' where name = 'emoji'");
    expect([await found('zebra'), await offered('zebra'), await found('fox'), await offered('fox')]).toEqual([['emoji'], ['emoji'], [], []]);
    await run("delete from image where name = 'emoji'");
    await run("delete from repository_image where name = 'emoji'");
    expect([await found('zebra'), await offered('zebra')]).toEqual([[], []]);
  });

  it('keeps what attachments and tags copy true when the image changes', async () => {
    const em = database.em.fork();
    const run = async (statement: string): Promise<Record<string, unknown>[]> => em.getConnection().execute(statement);
    await run("insert into image_tag (image_id, tag, position) values (1, 'one', 0)");
    await run("update image set alias = 'Other', size_mib = 2048, created_at = 5, access = 'DELETED' where id = 1");
    const [copy] = await run('select name, alias, size_mib, image_created_at, access from image_attachment where image_id = 1');
    expect({ ...copy, image_created_at: Number(copy?.image_created_at) }).toEqual({ name: 'debian-12', alias: 'Other', size_mib: 2048, image_created_at: 5, access: 'DELETED' });
    expect((await run('select name from image_tag where image_id = 1'))[0]).toEqual({ name: 'debian-12' });
  });
});

describe('a Postgres whose role may not install pg_trgm', () => {
  it('searches all the same, and says what an administrator can do', async () => {
    const test = await createTestDatabase();
    const role = `plain_${randomBytes(4).toString('hex')}`;
    const owner = await openDatabase({ kind: 'postgres', url: test.url }, ENTITIES);
    const run = async (statement: string): Promise<unknown> => owner.em.fork().getConnection().execute(statement, [], 'run');
    await run(`create role ${role} login password 'plain'`);
    await run(`grant all on schema public to ${role}`);
    const url = Object.assign(new URL(test.url), { username: role, password: 'plain' }).href;
    const database = await openDatabase({ kind: 'postgres', url }, ENTITIES);
    await migrate(database);
    expect(await missingSearchIndex(database)).toMatch(/pg_trgm.*create extension pg_trgm/);
    await fill(database);
    const viewer = new Viewer(ADMIN);
    const em = database.em.fork();
    const queries = new ImageQueries(em, viewer, new DatacenterQueries(em, viewer));
    const selection = { items: true, totalCount: false, fields: new Set(['name']) };
    expect((await queries.everywhere(false, { page: {}, filter: { search: 'server' }, selection })).nodes).toHaveLength(2);
    await database.close(true);
    await run(`drop owned by ${role}`);
    await run(`drop role ${role}`);
    await owner.close(true);
    await test.drop();
  });
});
