import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RefreshSchedule } from '../../src/repositories/refresh/refresh-schedule.js';
import { ImageRepository } from '../../src/repositories/image-repository.entity.js';
import { Task } from '../../src/tasks/task.entity.js';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { createRefreshWorld, type RefreshWorld } from './refresh-world.js';

describe('the scheduled refreshes', () => {
  let world: RefreshWorld;
  let server: ImgapiRepository;
  let schedule: RefreshSchedule;

  beforeAll(async () => {
    world = await createRefreshWorld();
    server = await startImgapiRepository({ images: [makeImage()] });
    await world.addRepository({ name: 'one', url: server.url });
    await world.addRepository({ name: 'two', url: `${server.url}/` });
    const { database, changes, runner } = world;
    schedule = new RefreshSchedule({ database, changes, runner, log: pino({ level: 'silent' }) }, 3600);
  });
  afterEach(async () => {
    await ended();
  });
  afterAll(async () => {
    await schedule.stop();
    await world[Symbol.asyncDispose]();
    await server.close();
  });

  async function ended(): Promise<Task[]> {
    const tasks = await world.database.em.fork().find(Task, {}, { orderBy: { id: 'asc' } });
    for (const task of tasks) await world.runner.ended(task.id);
    return world.database.em.fork().find(Task, {}, { orderBy: { id: 'asc' } });
  }

  it('refresh each repository in the name of the system', async () => {
    await schedule.refreshOlderThan(null);
    const tasks = await ended();
    expect(tasks.map((task) => [task.action, task.status, task.user.id])).toEqual([
      ['REPOSITORY_REFRESH', 'SUCCEEDED', world.systemId],
      ['REPOSITORY_REFRESH', 'SUCCEEDED', world.systemId],
    ]);
    expect(await world.repository('two')).toMatchObject({ status: 'OK', imageCount: 1 });
  });

  it('start with the repositories whose list is old, and leave out those that are LOADING or retired', async () => {
    await schedule.refreshOlderThan(Date.now() - 60_000);
    expect(await ended()).toHaveLength(2);
    const em = world.database.em.fork();
    await em.nativeUpdate(Task, {}, { createdAt: new Date(0) });
    await em.nativeUpdate(ImageRepository, { name: 'two' }, { status: 'LOADING' });
    await world.addRepository({ name: 'gone', url: server.url });
    await em.nativeUpdate(ImageRepository, { name: 'gone' }, { retired: true });
    await schedule.refreshOlderThan(Date.now() - 60_000);
    expect(await ended()).toHaveLength(3);
  });

  it('start once for many processes that find the same repository due', async () => {
    const em = world.database.em.fork();
    await em.nativeUpdate(ImageRepository, { name: 'two' }, { status: 'OK' });
    await em.nativeUpdate(Task, {}, { createdAt: new Date(0) });
    await Promise.all([1, 2, 3].map(async () => schedule.refreshOlderThan(Date.now() - 60_000)));
    expect(await ended()).toHaveLength(5);
    await schedule.refreshOlderThan(Date.now() - 60_000);
    expect(await ended()).toHaveLength(5);
  });

  it('start none once stopped', async () => {
    await schedule.stop();
    await schedule.refreshOlderThan(null);
    expect(await ended()).toHaveLength(5);
  });
});
