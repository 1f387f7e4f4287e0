import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RequestContainer } from '../../src/access/request-container.js';
import { inTransaction } from '../../src/platform/database/in-transaction.js';
import type { Change, Followed, ImageChange } from '../../src/tasks/changes/change.js';
import { ChangeBus } from '../../src/tasks/changes/change-bus.js';
import { ChangeHistory, RECORDED_MS } from '../../src/tasks/changes/change-history.js';
import type { ChangeListener } from '../../src/tasks/changes/change-listener.js';
import { RecordedChange } from '../../src/tasks/changes/recorded-change.entity.js';
import { transact } from '../../src/tasks/changes/transact.js';
import { openMigratedDatabase, type TestedDatabase } from '../support/database.js';

let opened: TestedDatabase;
let history: ChangeHistory;
let bus: ChangeBus;

beforeAll(async () => {
  opened = await openMigratedDatabase();
  history = new ChangeHistory(opened.database);
  bus = new ChangeBus(history);
});
afterAll(async () => opened?.close());

const em = () => opened.database.em.fork();

function change(imageId: number): ImageChange {
  return { type: 'image', kind: 'UPDATED', imageId, uuid: `uuid-${imageId}`, name: `image-${imageId}`, before: null, datacenterIds: [1] };
}

/** Commits changes of these images in one transaction. */
async function commit(ids: readonly number[]): Promise<void> {
  await transact(em(), bus, async (_tx, announce) => {
    for (const id of ids) announce(change(id));
  });
}

/** The images that a listener is told of until it hears of the last one. */
async function told(listener: ChangeListener, last: number): Promise<number[]> {
  const ids: number[] = [];
  while (ids.at(-1) !== last) {
    const { value } = await listener.next();
    const { changes, source } = value as { changes: readonly Followed[]; source: Parameters<ChangeListener['fill']>[0] | null };
    if (source !== null) listener.fill(source, await source.page({ reads: em() } as unknown as RequestContainer));
    else ids.push(...changes.map((one) => (one as ImageChange).imageId));
  }
  return ids;
}

it('has each change with its time, once its transaction is committed, and none that is rolled back', async () => {
  const before = history.clock.now();
  await commit([1, 2]);
  await expect(
    inTransaction(em(), async (tx) => {
      await bus.record(tx, [change(3)]);
      throw new Error('roll back');
    }),
  ).rejects.toThrow('roll back');
  const { changes, next } = await history.page(em(), { since: 0, afterId: '' });
  expect(changes).toMatchObject([change(1), change(2)]);
  expect(next).toBeNull();
  for (const { at } of changes) expect(Math.abs((at ?? 0) - before)).toBeLessThan(60_000);
});

it('lets a listener that is far behind go on with every row, and end where the others are', async () => {
  const [slow, quick] = [bus.listen('image', { user: 'anna', cost: 1, isWanted: () => true }), bus.listen('image', { user: 'otto', cost: 1, isWanted: ({ imageId }) => imageId > 5000 })];
  const ids = Array.from({ length: 3000 }, (_, at) => 1000 + at);
  for (let from = 0; from < ids.length; from += 600) await commit(ids.slice(from, from + 600));
  await commit([9000]);
  const heard = await told(slow, 9000);
  expect([...new Set(heard)].filter((id) => id >= 1000 && id < 5000)).toEqual(ids);
  expect(await told(quick, 9000)).toEqual([9000]);
  await commit([9001]);
  expect(await told(quick, 9001)).toEqual([9001]);
  // What was read again may be told again; it is the present state each time.
  expect((await told(slow, 9001)).at(-1)).toBe(9001);
  expect(slow.isIdle).toBe(true);
  await Promise.all([slow.return(), quick.return()]);
});

it('ends a listener that comes back later than changes are recorded', async () => {
  const slow = bus.listen('image', { user: 'anna', cost: 1, isWanted: () => true });
  history.clock.set(history.clock.now() + 2 * RECORDED_MS);
  const publish = (one: Change): void => bus.deliver(one);
  for (let id = 1; id <= 1500; id += 1) publish(change(id));
  await expect(slow.next()).rejects.toMatchObject({ code: 'SLOW_READER' });
});

it('forgets changes that are older', async () => {
  await em().insert(RecordedChange, { id: 'old', changedAt: 1, body: JSON.stringify(change(7)) });
  const failures: unknown[] = [];
  history.startPruning((error) => failures.push(error));
  await expect.poll(async () => em().count(RecordedChange, { changedAt: 1 })).toBe(0);
  history.stopPruning();
  expect(failures).toEqual([]);
});
