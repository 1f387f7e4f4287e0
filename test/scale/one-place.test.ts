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
    expect(await migrate(opened.database)).toContain('2026-11-24-one-place');
    expect([await listed(run, 1), await listed(run, 2)]).toEqual([{ places: [-2, 1], tags: ['first', 'second'] }, { places: [3], tags: [] }]);
    expect(await run('select manifest from image order by id')).toEqual([{ manifest: '{"v":1}' }, { manifest: '{"v":2}' }]);
    expect(await run('select distinct access from image_attachment')).toEqual([{ access: 'PUBLIC' }]);
    await run("insert into image_tag (image_id, tag, position) values (2, 'later', 0)");
    expect(await listed(run, 2)).toEqual({ places: [3], tags: ['later'] });
    expect(await opened.database.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
  });
});
