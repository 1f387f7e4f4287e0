import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/platform/database/database.js';
import { openEmptyDatabase, openMigratedDatabase, type TestedDatabase } from '../support/database.js';

type Run = (statement: string) => Promise<Record<string, unknown>[]>;

function runner({ database }: TestedDatabase): Run {
  return async (statement) => database.em.fork().getConnection().execute(statement, [], statement.startsWith('select') ? 'all' : 'run');
}

async function fill(run: Run): Promise<void> {
  await run("insert into user_account (id, username, created_at) values (1, 'admin', 0)");
  await run(`insert into datacenter (id, name, alias, access, owner_id, created_at) values ${[1, 2, 3].map((id) => `(${id}, 'dc-${id}', '${id}', 'PUBLIC', 1, 0)`).join()}`);
  await run(`insert into image (id, uuid, name, alias, alias_key, version, access, owner_id, size_mib, os_type, search_text, manifest, created_at, updated_at) values
    ${[1, 2].map((id) => `(${id}, 'u${id}', 'image-${id}', 'alias', '${id}', '1', 'PUBLIC', 1, 1024, 'LINUX_VM', 'image', '{"v":${id}}', 0, 0)`).join()}`);
  await run('insert into image_attachment (image_id, datacenter_id, bound_image_id) values (1, 1, null), (1, 2, 1), (2, 3, null)');
  await run("insert into image_tag (image_id, tag, position) values (1, 'second', 1), (1, 'first', 0)");
}

/** Where the image is, smallest first, and its tags. */
async function listed(run: Run, id: number): Promise<unknown> {
  const [row] = await run(`select places, tag_list from image where id = ${id}`);
  const places = String(row?.places);
  return { places: places === '' ? [] : places.split(',').map(Number).sort((a, b) => a - b), tags: JSON.parse(String(row?.tag_list)) };
}

const COPIES = [['name', 'name'], ['alias', 'alias'], ['version', 'version'], ['size_mib', 'size_mib'], ['os_type', 'os_type'], ['status', 'status'], ['access', 'access'], ['owner_name', 'owner_name'], ['image_created_at', 'created_at'], ['image_updated_at', 'updated_at']] as const;

/** Attachments with a copy that differs from the image, and images whose owner has another name. */
async function wrongCopies(run: Run): Promise<unknown[]> {
  const differs = COPIES.map(([copy, source]) => `a.${copy} <> i.${source}`).join(' or ');
  return [
    ...(await run(`select i.id, a.datacenter_id from image_attachment a join image i on i.id = a.image_id where ${differs}`)),
    ...(await run('select i.id from image i join user_account u on u.id = i.owner_id where i.owner_name <> u.username')),
  ];
}

async function usedImages(run: Run): Promise<unknown[]> {
  return (await run('select id from image where in_use = true order by id')).map(({ id }) => id);
}

describe('the row of an image', () => {
  let opened: TestedDatabase;
  let run: Run;

  beforeAll(async () => {
    opened = await openMigratedDatabase();
    run = runner(opened);
    await fill(run);
  });
  afterAll(async () => opened?.close());

  it('tells where the image is and its tags, as they come', async () => {
    expect(await listed(run, 1)).toEqual({ places: [-2, 1], tags: ['first', 'second'] });
    expect(await listed(run, 2)).toEqual({ places: [3], tags: [] });
  });

  it('follows each change of them', async () => {
    await run('update image_attachment set bound_image_id = null where image_id = 1');
    expect(await listed(run, 1)).toMatchObject({ places: [1, 2] });
    await run('update image_attachment set bound_image_id = 1 where image_id = 1 and datacenter_id = 1');
    await run('insert into image_attachment (image_id, datacenter_id) values (1, 3)');
    await run("update image_tag set position = 2 where image_id = 1 and tag = 'first'");
    expect(await listed(run, 1)).toEqual({ places: [-1, 2, 3], tags: ['second', 'first'] });
    await run('delete from image_attachment where image_id = 1 and datacenter_id = 3');
    await run("delete from image_tag where tag = 'second'");
    expect(await listed(run, 1)).toEqual({ places: [-1, 2], tags: ['first'] });
  });

  it('is untouched by a change of its own copies elsewhere', async () => {
    await run("update image set name = 'other', access = 'PRIVATE' where id = 1");
    expect(await listed(run, 1)).toEqual({ places: [-1, 2], tags: ['first'] });
    expect(await run('select distinct name, access from image_attachment where image_id = 1')).toEqual([{ name: 'other', access: 'PRIVATE' }]);
  });

  it('has copies in its attachments, also where a program fills in some of them, and follows each change', async () => {
    await run("insert into user_account (id, username, created_at) values (2, 'other', 0)");
    await run("insert into image_attachment (image_id, datacenter_id, name, alias, size_mib, image_created_at, access) values (2, 1, 'image-2', 'alias', 1024, 0, 'PUBLIC')");
    expect(await wrongCopies(run)).toEqual([]);
    for (const change of ["owner_id = 2, updated_at = 5", "version = '2', status = 'PENDING'", "os_type = 'BSD_VM', size_mib = 7, created_at = 3", "owner_id = 1", "owner_id = 2, alias = 'x', access = 'DELETED', name = 'image-z'"]) {
      await run(`update image set ${change} where id = 2`);
      expect({ change, wrong: await wrongCopies(run) }).toEqual({ change, wrong: [] });
    }
    await run('delete from image_attachment where image_id = 2 and datacenter_id = 1');
  });

  it('knows whether a server uses it', async () => {
    await run("insert into virtual_server (id, uuid, hostname, datacenter_id, owner_id, os_type, status, tags, addresses, created_at) values (1, 's1', 'a', 1, 1, 'LINUX_VM', 'RUNNING', '[]', '[]', 0), (2, 's2', 'b', 1, 1, 'LINUX_VM', 'RUNNING', '[]', '[]', 0)");
    await run('insert into virtual_disk (server_id, disk_id, size_mib, image_id) values (1, 1, 1, 1), (1, 2, 1, null), (2, 1, 1, 1)');
    expect(await usedImages(run)).toEqual([1]);
    await run('update virtual_disk set image_id = 2 where server_id = 1 and disk_id = 1');
    expect(await usedImages(run)).toEqual([1, 2]);
    await run('update virtual_disk set image_id = null where server_id = 2');
    expect(await usedImages(run)).toEqual([2]);
    await run('delete from virtual_server where id = 1');
    expect(await usedImages(run)).toEqual([]);
  });

  it('follows when a datacenter goes, and an image goes with all of it', async () => {
    await run('delete from datacenter where id = 3');
    expect(await listed(run, 2)).toEqual({ places: [], tags: [] });
    await run('delete from image where id = 1');
    expect(await run('select * from image_attachment')).toEqual([]);
    expect(await run('select * from image_tag')).toEqual([]);
  });
});

describe('a database of the version before', () => {
  it('gets the same, and keeps its manifests', async () => {
    await using opened = await openEmptyDatabase();
    await opened.database.migrator.up({ to: '2026-11-24-fewer-indexes' });
    const run = runner(opened);
    await fill(run);
    await run("insert into virtual_server (id, uuid, hostname, datacenter_id, owner_id, os_type, status, tags, addresses, created_at) values (1, 's1', 'a', 1, 1, 'LINUX_VM', 'RUNNING', '[]', '[]', 0)");
    await run('insert into virtual_disk (server_id, disk_id, size_mib, image_id) values (1, 1, 1, 2)');
    expect(await migrate(opened.database)).toContain('2026-11-24-one-place');
    expect([await wrongCopies(run), await usedImages(run)]).toEqual([[], [2]]);
    expect([await listed(run, 1), await listed(run, 2)]).toEqual([{ places: [-2, 1], tags: ['first', 'second'] }, { places: [3], tags: [] }]);
    expect(await run('select manifest from image order by id')).toEqual([{ manifest: '{"v":1}' }, { manifest: '{"v":2}' }]);
    expect(await run('select distinct access from image_attachment')).toEqual([{ access: 'PUBLIC' }]);
    await run("insert into image_tag (image_id, tag, position) values (2, 'later', 0)");
    expect(await listed(run, 2)).toEqual({ places: [3], tags: ['later'] });
    expect(await opened.database.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
  });
});
