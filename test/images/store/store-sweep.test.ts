import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeLostAttempts } from '../../../src/images/store/lost-attempts.js';
import { StoreSweep } from '../../../src/images/store/store-sweep.js';
import { ClusterSchedule } from '../../../src/platform/scheduling/cluster-schedule.js';
import type { FileStore } from '../../../src/platform/store/file-store.js';
import { newTaskId } from '../../../src/tasks/runner/record-task.js';
import { DATABASE } from '../../support/database.js';
import { AttemptWorld } from './attempt-world.js';

const OLD = Date.now() - 3_600_000;

let world: AttemptWorld;

beforeEach(async () => {
  world = await AttemptWorld.open();
});
afterEach(async () => world?.close());

/** An unfinished file of an attempt. */
async function leave(uuid: string, attempt: string): Promise<void> {
  await mkdir(join(world.root, uuid, attempt), { recursive: true });
  await writeFile(join(world.root, uuid, attempt, 'unfinished'), 'half');
}

async function ended(id: string): Promise<void> {
  await world.database.em.getConnection().execute(`update task set status = 'FAILED', finished_at = 1 where id = '${id}'`);
}

describe('a sweep of the image store', () => {
  it('removes what attempts left whose task has ended, names it, and leaves everything that somebody has', async () => {
    const [uuid, coming] = [randomUUID(), randomUUID()];
    const image = await world.image(uuid);
    const [done, open] = [await world.task('IMAGE_IMPORT', image), await world.task('IMAGE_IMPORT', await world.image(coming))];
    await ended(done);
    await world.database.em.getConnection().execute(`update image set status = 'OK', file_size = 1, file_sha1 = 'a', file_sha256 = 'b', file_compression = 'none', file_key = '${done}-2' where id = ${image.id}`);
    await world.seal(uuid, `${done}-2`);
    for (const attempt of [`${done}-1`, `${done}-3`, `${newTaskId(OLD)}-1`]) await leave(uuid, attempt);
    for (const attempt of [`${open}-1`, `${open}-2`]) await leave(coming, attempt);
    await world.seal(randomUUID(), null);
    const left = (await world.stored()).filter((path) => !/-[13]\/unfinished$/.test(path) || path.startsWith(coming));
    const lines: { removed: string[] }[] = [];
    const log = pino({}, { write: (line) => void lines.push(JSON.parse(line) as { removed: string[] }) });
    const sweep = new StoreSweep(world.database, world.store, log);
    await sweep.sweep();
    expect(await world.stored()).toEqual(left);
    expect(lines.flatMap(({ removed }) => removed).map((name) => name.slice(0, 37))).toEqual([`${uuid}/`, `${uuid}/`, `${uuid}/`]);
    await sweep.sweep();
    expect(lines).toHaveLength(1);
  });

  it('keeps the files of a catalogue that was restored to an earlier state, until their image has another one', async () => {
    const [unknown, replaced, uuid] = [newTaskId(OLD), newTaskId(OLD), randomUUID()];
    await world.seal(uuid, `${unknown}-1`);
    await leave(uuid, `${replaced}-1`);
    // Its task may be about to be seen.
    await leave(uuid, `${newTaskId()}-1`);
    const sweep = new StoreSweep(world.database, world.store, world.log);
    await sweep.sweep();
    expect((await world.stored()).map((path) => path.replace(/.*\//, '')).sort()).toEqual(['file', 'unfinished']);
    await world.seal(uuid, `${randomUUID()}-1`);
    await world.image(uuid, { fileKey: null });
    await sweep.sweep();
    expect(await world.stored()).not.toContain(`${uuid}/${unknown}-1/file`);
  });

  it('goes on with the others where one cannot be removed, and fails at the end', async () => {
    const uuid = randomUUID();
    const id = await world.task('IMAGE_IMPORT', await world.image(uuid));
    await ended(id);
    for (const number of [1, 2, 3]) await leave(uuid, `${id}-${number}`);
    const remove: FileStore['remove'] = async (key) => {
      if (key.attempt === `${id}-2`) throw new Error('it is in use');
      await world.store.remove(key);
    };
    const { store } = world;
    const refusing: Pick<FileStore, 'remove' | 'reach' | 'statFile'> = { remove, reach: async () => store.reach(), statFile: async (key) => store.statFile(key) };
    await expect(removeLostAttempts({ em: world.database.em.fork(), store: refusing }, store.listAttempts())).rejects.toThrow('it is in use');
    expect(await world.stored()).toEqual([`${uuid}/${id}-2/unfinished`]);
  });

  it('removes what a woken process has written since the last one', async () => {
    const uuid = randomUUID();
    const id = await world.task('IMAGE_IMPORT', await world.image(uuid));
    await ended(id);
    const sweep = new StoreSweep(world.database, world.store, world.log);
    sweep.start();
    await leave(uuid, `${id}-1`);
    await expect.poll(async () => world.stored(), { timeout: 10_000 }).toEqual([]);
    await sweep.stop();
  });
});

describe('work of many processes', () => {
  it('is begun by one of them when it is due, and again later; the one process of SQLite is always that one', async () => {
    const schedules = [1, 2, 3].map(() => new ClusterSchedule(world.database, 'test'));
    const begun = async (): Promise<number> => (await Promise.all(schedules.map(async (one) => one.begin(30_000)))).filter(Boolean).length;
    const [first, second] = DATABASE === 'postgres' ? [1, 0] : [3, 3];
    expect([await begun(), await begun()]).toEqual([first, second]);
    await schedules[0]?.postpone(0);
    expect([await begun(), await begun()]).toEqual([first, second]);
    expect(await new ClusterSchedule(world.database, 'another').begin(1)).toBe(true);
  });
});
