import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImportImage } from '../../../src/images/import/import-image.js';
import { AppError } from '../../../src/platform/errors.js';
import type { FileKey } from '../../../src/platform/store/file-key.js';
import type { FileDraft } from '../../../src/platform/store/file-store.js';
import { LocalFileStore } from '../../../src/platform/store/local/local-file-store.js';
import type { TaskRun } from '../../../src/tasks/runner/task-run.js';
import { AttemptWorld, type Bring, BYTES, HALF } from './attempt-world.js';

let world: AttemptWorld;

beforeAll(async () => {
  world = await AttemptWorld.open();
});
afterAll(async () => world?.close());

/** Brings what is missing. */
const bringRest: Bring = async (draft) => {
  await draft.write(BYTES.subarray(draft.size));
};

/** An import whose first attempt has brought a half, and stands still then, as in a process that is frozen. */
async function frozenImport({ wakes }: { wakes: Bring }) {
  const uuid = randomUUID();
  const id = await world.task('IMAGE_IMPORT', await world.image(uuid));
  const [frozen, woken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const runner = world.runner({
    IMAGE_IMPORT: world.importer(async (draft, watch) => {
      await draft.write(BYTES.subarray(0, HALF));
      await draft.flush();
      frozen.resolve();
      await woken.promise;
      await wakes(draft, watch);
    }),
  });
  runner.enqueue(id, 'IMAGE_IMPORT', 1);
  await frozen.promise;
  await world.expire(id);
  /** Lets it go on, and waits until it has stopped. */
  const wake = async (): Promise<void> => {
    woken.resolve();
    await runner.ended(id);
  };
  return { uuid, id, wake };
}

async function takeOver(id: string, bring: Bring): Promise<void> {
  const runner = world.runner({ IMAGE_IMPORT: world.importer(bring) });
  runner.enqueue(id, 'IMAGE_IMPORT', 1);
  await runner.ended(id);
}

describe('an import whose process is frozen', () => {
  it('is taken over by another one, which goes on from the bytes that are there', async () => {
    const { uuid, id, wake } = await frozenImport({ wakes: async () => undefined });
    let found = -1;
    await takeOver(id, async (draft, watch) => {
      found = draft.size;
      await bringRest(draft, watch);
    });
    expect(await world.row(id)).toMatchObject({ status: 'SUCCEEDED', attempts: 2 });
    expect([found, (await world.imageOf(uuid))?.fileKey, await world.fileOf(uuid)]).toEqual([HALF, `${id}-2`, BYTES.toString()]);
    await wake();
  });

  it.each<[what: string, wakes: Bring]>([
    ['writes', async (draft) => void (await draft.write(Buffer.from('something else')))],
    ['begins anew', async (draft) => {
      await draft.restart();
      await draft.write(BYTES);
    }],
    ['fails', async () => Promise.reject(new AppError('FILE_UNREACHABLE', 'The server is gone.'))],
    ['is done', async (draft, watch) => bringRest(draft, watch)],
  ])('changes nothing of what was published when it wakes and %s, and leaves nothing', async (_what, wakes) => {
    const { uuid, id, wake } = await frozenImport({ wakes });
    await takeOver(id, bringRest);
    const rows = async (): Promise<string> => JSON.stringify([await world.row(id), await world.imageOf(uuid)]);
    const before = await rows();
    await wake();
    expect([await rows(), await world.fileOf(uuid)]).toEqual([before, BYTES.toString()]);
    expect(await world.stored(uuid)).toEqual([`${uuid}/${id}-2/file`]);
  });

  it('that opens its file only after it has woken leaves nothing either', async () => {
    const uuid = randomUUID();
    const id = await world.task('IMAGE_IMPORT', await world.image(uuid));
    const [frozen, woken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    class FrozenStore extends LocalFileStore {
      override async openDraft(key: FileKey): Promise<FileDraft> {
        frozen.resolve();
        await woken.promise;
        return super.openDraft(key);
      }
    }
    const runner = world.runner({ IMAGE_IMPORT: world.importer(bringRest, new FrozenStore(world.root)) });
    runner.enqueue(id, 'IMAGE_IMPORT', 1);
    await frozen.promise;
    await world.expire(id);
    await takeOver(id, bringRest);
    woken.resolve();
    await runner.ended(id);
    expect([await world.fileOf(uuid), await world.stored(uuid)]).toEqual([BYTES.toString(), [`${uuid}/${id}-2/file`]]);
  });

  it('and is cancelled meanwhile leaves neither row nor bytes', async () => {
    const { uuid, id, wake } = await frozenImport({ wakes: bringRest });
    await takeOver(id, async () => Promise.reject(new AppError('FILE_UNREACHABLE', 'The server is gone.')));
    expect([await world.imageOf(uuid), await world.stored(uuid)]).toEqual([null, []]);
    // The image is imported again before it wakes.
    const again = await world.task('IMAGE_IMPORT', await world.image(uuid));
    await takeOver(again, bringRest);
    await wake();
    expect([await world.fileOf(uuid), (await world.row(id)).status]).toEqual([BYTES.toString(), 'FAILED']);
    expect((await world.stored(uuid)).filter((path) => path.startsWith(`${uuid}/${again}`))).toEqual([`${uuid}/${again}-1/file`]);
  });
});

describe('an import whose end was written, and whose process does not know it', () => {
  it('keeps its file', async () => {
    /** As if the connection broke before the answer to the commit arrived. */
    class Unacknowledged extends ImportImage {
      override async run(run: TaskRun): Promise<void> {
        await super.run(run);
        throw new Error('The connection is gone.');
      }
    }
    const uuid = randomUUID();
    const id = await world.task('IMAGE_IMPORT', await world.image(uuid));
    const runner = world.runner({ IMAGE_IMPORT: world.importer(bringRest, world.store, Unacknowledged) });
    runner.enqueue(id, 'IMAGE_IMPORT', 1);
    await runner.ended(id);
    expect([(await world.row(id)).status, await world.fileOf(uuid)]).toEqual(['SUCCEEDED', BYTES.toString()]);
  });
});

describe('an image that is deleted while it is imported again', () => {
  it('loses the bytes of the row that was deleted, and keeps the new ones', async () => {
    const [uuid, old] = [randomUUID(), `${randomUUID()}-1`];
    await world.seal(uuid, old);
    const image = await world.image(uuid, { fileKey: old });
    await world.database.em.getConnection().execute(`update image set status = 'PENDING' where id = ${image.id}`);
    let isAway = true;
    class AwayStore extends LocalFileStore {
      override async remove(key: FileKey): Promise<void> {
        if (isAway) throw new Error('The store is away.');
        await super.remove(key);
      }
    }
    const id = await world.task('IMAGE_DELETE', image);
    const runner = world.runner({ IMAGE_DELETE: world.deleter(new AwayStore(world.root)) });
    runner.enqueue(id, 'IMAGE_DELETE', 1);
    await expect.poll(async () => world.imageOf(uuid), { timeout: 10_000 }).toBeNull();
    const again = await world.task('IMAGE_IMPORT', await world.image(uuid));
    await takeOver(again, bringRest);
    isAway = false;
    await runner.ended(id);
    expect(await world.row(id)).toMatchObject({ status: 'SUCCEEDED' });
    expect([await world.fileOf(uuid), await world.stored(uuid)]).toEqual([BYTES.toString(), [`${uuid}/${again}-1/file`]]);
  });

  it('takes no pair that is about to go', async () => {
    const uuid = randomUUID();
    await world.seal(uuid, null);
    const image = await world.image(uuid, { fileKey: null });
    // Its row is gone, and its pair not yet.
    const id = await world.task('IMAGE_DELETE', image);
    await world.database.em.getConnection().execute(`delete from image where id = ${image.id}`);
    const local = await world.task('IMAGE_IMPORT', await world.image(uuid), { isLocal: true });
    await takeOver(local, bringRest);
    expect(await world.row(local)).toMatchObject({ status: 'FAILED', errorCode: 'IMAGE_NOT_READY' });
    const downloaded = await world.task('IMAGE_IMPORT', await world.image(uuid));
    await takeOver(downloaded, bringRest);
    const runner = world.runner({ IMAGE_DELETE: world.deleter() });
    runner.enqueue(id, 'IMAGE_DELETE', 1);
    await runner.ended(id);
    expect([await world.fileOf(uuid), await world.stored(uuid)]).toEqual([BYTES.toString(), [`${uuid}/${downloaded}-1/file`]]);
  });
});
