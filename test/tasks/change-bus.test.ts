import { expect, it } from 'vitest';
import type { ImageChange } from '../../src/tasks/changes/change.js';
import { ChangeBus } from '../../src/tasks/changes/change-bus.js';

function change(imageId: number, more: Partial<ImageChange> = {}): ImageChange {
  return { type: 'image', kind: 'UPDATED', imageId, uuid: `uuid-${imageId}`, name: `image-${imageId}`, access: 'PUBLIC', ownerId: 1, datacenterIds: [1], boundDatacenterId: null, ...more };
}

const everything = { user: 'anna', cost: 1, isWanted: () => true };

/** What is told until nothing is left, in words. */
async function drain(changes: AsyncIterator<{ type: string }>, bus: ChangeBus): Promise<string[]> {
  bus.publish(change(0, { kind: 'DELETED', name: 'end' }));
  for (const told: string[] = []; ; ) {
    const { value } = await changes.next();
    const { name, kind, access } = value as ImageChange;
    if (name === 'end') return told;
    told.push(`${kind} ${name} ${access}`);
  }
}

it('tells a reader that is behind the last of changes that tell the same, and every other one in order', async () => {
  const bus = new ChangeBus();
  const changes = bus.listen('image', everything);
  bus.publish(change(1, { kind: 'CREATED' }));
  for (let at = 0; at < 5000; at += 1) bus.publish(change(1, { access: at < 4999 ? 'PRIVATE' : 'PUBLIC' }));
  bus.publish(change(2));
  // It leaves a datacenter: who follows that one has to hear of it.
  bus.publish(change(1, { datacenterIds: [1, 2] }));
  bus.publish(change(1, { kind: 'DELETED' }));
  expect(await drain(changes, bus)).toEqual(['CREATED image-1 PUBLIC', 'UPDATED image-1 PUBLIC', 'UPDATED image-2 PUBLIC', 'UPDATED image-1 PUBLIC', 'DELETED image-1 PUBLIC']);
});

it('ends a reader with SLOW_READER once a change was lost that nothing tells instead', async () => {
  const bus = new ChangeBus();
  const [slow, picky] = [bus.listen('image', everything), bus.listen('image', { ...everything, isWanted: ({ imageId }) => imageId === 7000 })];
  for (let at = 1; at <= 1500; at += 1) bus.publish(change(at));
  await expect(slow.next()).rejects.toMatchObject({ code: 'SLOW_READER' });
  expect(await slow.next()).toEqual({ done: true, value: undefined });
  // Changes that it does not want leave no reader behind.
  bus.publish(change(7000));
  expect((await picky.next()).value).toMatchObject({ imageId: 7000 });
});

it('ends it with RATE_LIMITED, and when to come back, when that was for want of budget', async () => {
  const bus = new ChangeBus();
  bus.useBudget({ waitMs: () => 4200, charge: () => undefined });
  const changes = bus.listen('image', everything);
  const next = changes.next();
  for (let at = 1; at <= 1500; at += 1) bus.publish(change(at));
  await expect(next).rejects.toMatchObject({ code: 'RATE_LIMITED', extensions: { retryAfter: 5 } });
});

it('has a reader without budget look at its rights all the same', async () => {
  const bus = new ChangeBus();
  bus.useBudget({ waitMs: () => 10_000, charge: () => undefined });
  const changes = bus.listen('image', everything);
  const next = changes.next();
  bus.publish(change(1));
  bus.publish({ type: 'rights' });
  expect((await next).value).toEqual({ type: 'rights' });
  await changes.return?.();
});

it('loses nothing when a reader is to look at its rights while changes wait', async () => {
  const bus = new ChangeBus();
  const changes = bus.listen('image', everything);
  const told: number[] = [];
  for (let at = 1; at <= 100; at += 1) {
    bus.publish(change(at));
    if (at % 3 === 0) bus.publish({ type: 'rights' });
    const { value } = await changes.next();
    if (value.type === 'image') told.push(value.imageId);
    bus.remind(1);
  }
  while (told.at(-1) !== 100) {
    const { value } = await changes.next();
    if (value.type === 'image') told.push(value.imageId);
  }
  expect(told).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
});

it('works on one change of a reader at a time, and charges its user', async () => {
  const bus = new ChangeBus();
  const spent: [string, number][] = [];
  bus.useBudget({ waitMs: () => 0, charge: (user, cost) => void spent.push([user, cost]) });
  const changes = bus.listen('image', { ...everything, cost: 300 });
  bus.publish(change(1));
  bus.publish(change(2));
  expect((await changes.next()).value).toMatchObject({ imageId: 1 });
  changes.charge(true);
  expect((await changes.next()).value).toMatchObject({ imageId: 2 });
  changes.charge(false);
  expect(spent).toEqual([['anna', 300], ['anna', 20]]);
  const waiting = changes.next();
  bus.close();
  expect(await waiting).toEqual({ done: true, value: undefined });
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
