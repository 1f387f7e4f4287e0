import { expect, it } from 'vitest';
import type { Followed, ImageChange, ImageState } from '../../src/tasks/changes/change.js';
import { ChangeBus } from '../../src/tasks/changes/change-bus.js';
import type { ChangeListener } from '../../src/tasks/changes/change-listener.js';

const PUBLIC: ImageState = { access: 'PUBLIC', status: 'OK', ownerId: 1, datacenterIds: [1], boundDatacenterId: null };
const PRIVATE: ImageState = { ...PUBLIC, access: 'PRIVATE' };

function change(imageId: number, more: Partial<ImageChange> = {}): ImageChange {
  return { type: 'image', kind: 'UPDATED', imageId, uuid: `uuid-${imageId}`, name: `image-${imageId}`, before: PUBLIC, datacenterIds: [1], ...more };
}

const everything = { user: 'anna', cost: 1, isWanted: () => true };

async function turn(changes: ChangeListener): Promise<readonly Followed[]> {
  const { value, done } = await changes.next();
  expect(done).toBe(false);
  return value.changes;
}

/** The ids of the images of the next turn. */
const ids = async (changes: ChangeListener): Promise<number[]> => (await turn(changes)).map((one) => (one as ImageChange).imageId);

/** What is told until nothing is left, in words: the accesses before the changes of each row, which are told as one. */
async function drain(changes: ChangeListener, bus: ChangeBus): Promise<string[]> {
  bus.publish(change(0, { name: 'end' }));
  for (const told: string[] = []; ; ) {
    const steps = (await turn(changes)) as ImageChange[];
    const last = steps.at(-1)!;
    if (last.name === 'end') return told;
    told.push(`${last.kind} ${last.name} ${steps.map(({ before }) => before?.access ?? 'nothing').join()}`);
  }
}

it('tells a reader that is behind the last change of each row, with all who saw the row before', async () => {
  const bus = new ChangeBus();
  const changes = bus.listen('image', everything);
  bus.publish(change(1, { kind: 'CREATED', before: null }));
  for (let at = 0; at < 5000; at += 1) bus.publish(change(1, { before: at % 2 === 0 ? PUBLIC : PRIVATE }));
  bus.publish(change(2));
  bus.publish(change(3));
  bus.publish(change(1, { before: PRIVATE, kind: 'DELETED' }));
  expect(await drain(changes, bus)).toEqual(['CREATED image-1 nothing', 'UPDATED image-2 PUBLIC', 'UPDATED image-3 PUBLIC', 'DELETED image-1 PUBLIC,PRIVATE']);
});

it('tells a reader of a row only what it has not read', async () => {
  const bus = new ChangeBus();
  const changes = bus.listen('image', everything);
  bus.publish(change(1, { before: PUBLIC }));
  expect(await turn(changes)).toMatchObject([{ before: PUBLIC }]);
  bus.publish(change(1, { before: PRIVATE }));
  expect(await turn(changes)).toMatchObject([{ before: PRIVATE }]);
});

it('tells a row with very many different states before in parts, and loses none of them', async () => {
  const bus = new ChangeBus();
  const changes = bus.listen('image', everything);
  for (let ownerId = 1; ownerId <= 20; ownerId += 1) bus.publish(change(1, { before: { ...PRIVATE, ownerId } }));
  const owners: (number | undefined)[] = [];
  while (owners.length < 20) owners.push(...(await turn(changes)).map((one) => (one as ImageChange).before?.ownerId));
  expect(owners).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
});

it('ends a reader with SLOW_READER once a change was lost that nothing tells instead, where no history has it', async () => {
  const bus = new ChangeBus();
  const [slow, picky] = [bus.listen('image', everything), bus.listen('image', { ...everything, isWanted: ({ imageId }) => imageId === 7000 })];
  for (let at = 1; at <= 1500; at += 1) bus.publish(change(at));
  await expect(slow.next()).rejects.toMatchObject({ code: 'SLOW_READER' });
  expect(await slow.next()).toEqual({ done: true, value: undefined });
  // Changes that it does not want leave no reader behind.
  bus.publish(change(7000));
  expect(await ids(picky)).toEqual([7000]);
});

it('has a reader without budget look at its rights all the same', async () => {
  const bus = new ChangeBus();
  bus.useBudget({ waitMs: () => 10_000, charge: () => undefined });
  const changes = bus.listen('image', everything);
  const next = turn(changes);
  bus.publish(change(1));
  bus.publish({ type: 'rights' });
  expect(await next).toEqual([]);
  await changes.return();
});

it('ends a reader with RATE_LIMITED whose empty budget made it wait for too long, and says when there is some again', async () => {
  const bus = new ChangeBus();
  bus.useBudget({ waitMs: () => 30_500, charge: () => undefined });
  const changes = bus.listen('image', everything);
  const next = changes.next();
  bus.publish(change(1));
  await expect(next).rejects.toMatchObject({ code: 'RATE_LIMITED', extensions: { retryAfter: 31 }, message: expect.stringContaining('subscribe again in 31 s') });
  expect(await changes.next()).toEqual({ done: true, value: undefined });
  expect(bus.listening).toBe(0);
});

it('loses nothing when a reader is to look at its rights while changes wait', async () => {
  const bus = new ChangeBus();
  const changes = bus.listen('image', everything);
  const told: number[] = [];
  for (let at = 1; at <= 100; at += 1) {
    bus.publish(change(at));
    if (at % 3 === 0) bus.publish({ type: 'rights' });
    told.push(...(await ids(changes)));
    bus.remind(1);
  }
  while (told.at(-1) !== 100) told.push(...(await ids(changes)));
  expect(told).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
});

it('works on one change of a reader at a time, and charges its user', async () => {
  const bus = new ChangeBus();
  const spent: [string, number][] = [];
  bus.useBudget({ waitMs: () => 0, charge: (user, cost) => void spent.push([user, cost]) });
  const changes = bus.listen('image', { ...everything, cost: 300 });
  bus.publish(change(1));
  bus.publish(change(2));
  expect(await ids(changes)).toEqual([1]);
  changes.charge(true);
  expect(await ids(changes)).toEqual([2]);
  changes.charge(false);
  expect(spent).toEqual([['anna', 300], ['anna', 20]]);
  const waiting = changes.next();
  bus.close();
  expect(await waiting).toEqual({ done: true, value: undefined });
});

it('lets another reader go on from where one is, which repeats what that one is at', async () => {
  const bus = new ChangeBus();
  const first = bus.listen('image', everything);
  for (const at of [1, 2, 3]) bus.publish(change(at));
  await ids(first);
  expect(await ids(first)).toEqual([2]);
  const second = bus.fork('image', first, everything);
  for (const wanted of [2, 3]) expect(await ids(second)).toEqual([wanted]);
  expect(await ids(first)).toEqual([3]);
  // What could not be sent is delivered again.
  first.again();
  expect(await ids(first)).toEqual([3]);
  bus.publish(change(4));
  expect([await ids(first), await ids(second)]).toEqual([[4], [4]]);
});

it('has what was read of rights forgotten when they changed in another process, or when changes of others were lost', () => {
  const bus = new ChangeBus();
  let forgotten = 0;
  bus.onRightsElsewhere(() => (forgotten += 1));
  bus.publish({ type: 'rights' });
  bus.receive(change(1));
  expect(forgotten).toBe(0);
  bus.receive({ type: 'rights' });
  bus.lost();
  expect(forgotten).toBe(2);
});
