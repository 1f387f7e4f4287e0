import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Viewer } from '../../src/access/viewer.js';
import { loadVisibleDatacenters } from '../../src/datacenters/datacenter-cache.js';
import { type ImageFacts, isVisible, usable, visibleImages } from '../../src/images/image.visibility.js';
import { choiceFault } from '../../src/images/rules/usability.js';
import { readRows } from '../../src/platform/database/read/read-rows.js';
import { sqlText } from '../../src/platform/database/sql-text.js';
import { openMigratedDatabase, type TestedDatabase } from '../support/database.js';
import { fc } from '../support/random.js';

const USERS = 3;
const IMAGES = 150;
/** More than an index is asked for one by one. */
const DATACENTERS = 12;
const ids = Array.from({ length: DATACENTERS }, (_, at) => at + 1);

const facts: fc.Arbitrary<ImageFacts> = fc
  .record({
    access: fc.constantFrom('PUBLIC', 'PRIVATE', 'DELETED'),
    status: fc.constantFrom('OK', 'OK', 'PENDING'),
    ownerId: fc.integer({ min: 1, max: USERS }),
    datacenterIds: fc.subarray(ids, { maxLength: 3 }),
    isBound: fc.boolean(),
  })
  .map(({ isBound, ...image }) => ({ ...image, boundDatacenterId: isBound ? (image.datacenterIds[0] ?? null) : null }));

const viewers: fc.Arbitrary<Viewer> = fc
  .record({
    userId: fc.integer({ min: 1, max: USERS }),
    isSuperAdmin: fc.constantFrom(false, false, false, true),
    memberships: fc.uniqueArray(
      fc.record({ id: fc.constantFrom(...ids), permissions: fc.subarray(['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'] as const) }),
      { selector: ({ id }) => id },
    ),
  })
  .map(({ userId, isSuperAdmin, memberships }) => {
    const named = memberships.map(({ id, permissions }) => ({ id, name: `dc-${id}`, permissions: new Set(permissions) }));
    return new Viewer({ userId, username: `user-${userId}`, isSuperAdmin, currentDatacenterId: null, memberships: named });
  });

describe('the rules of visibility', () => {
  const images = fc.sample(facts, IMAGES);
  let opened: TestedDatabase;

  beforeAll(async () => {
    opened = await openMigratedDatabase();
    const run = async (statement: string): Promise<unknown> => opened.database.em.fork().getConnection().execute(statement, [], 'run');
    await run(`insert into user_account (id, username, created_at) values ${Array.from({ length: USERS }, (_, at) => `(${at + 1}, 'user-${at + 1}', 0)`).join()}`);
    await run(`insert into datacenter (id, name, alias, access, owner_id, created_at) values ${ids.map((id) => `(${id}, 'dc-${id}', '${id}', '${id % 3 === 0 ? 'PUBLIC' : 'PRIVATE'}', 1, 0)`).join()}`);
    const rows = images.map(({ access, status, ownerId }, at) => `(${at + 1}, 'u${at}', 'image-${at}', 'a', 'a', '${at}', ${ownerId}, '${access}', '${status}', 1024, 'LINUX_VM', '', 0, 0)`);
    await run(`insert into image (id, uuid, name, alias, alias_key, version, owner_id, access, status, size_mib, os_type, search_text, created_at, updated_at) values ${rows.join()}`);
    const attachments = images.flatMap(({ datacenterIds, boundDatacenterId }, at) => datacenterIds.map((id) => `(${at + 1}, ${id}, ${id === boundDatacenterId ? at + 1 : 'null'})`));
    await run(`insert into image_attachment (image_id, datacenter_id, bound_image_id) values ${attachments.join()}`);
  });
  afterAll(async () => opened?.close());

  async function found(where: ReturnType<typeof usable>['sql']): Promise<number[]> {
    return (await readRows<[number]>(opened.database.em.fork(), sqlText`select i.id from image i where ${where} order by i.id`, {})).map(([id]) => id);
  }
  const matching = (holds: (image: ImageFacts) => boolean): number[] => images.flatMap((image, at) => (holds(image) ? [at + 1] : []));

  it('hold for an image in memory exactly where they hold for its row', async () => {
    await fc.assert(
      fc.asyncProperty(viewers, async (viewer) => {
        const datacenters = await loadVisibleDatacenters(opened.database.em.fork(), viewer);
        expect(matching((image) => isVisible(viewer, image, datacenters))).toEqual(await found(visibleImages(viewer)));
      }),
      { numRuns: 60 },
    );
  });

  it('let a viewer use exactly the images that no rule of a choice refuses', async () => {
    await fc.assert(
      fc.asyncProperty(viewers, async (viewer) => {
        const chooser = { ownerId: viewer.userId, ownerIsSuperAdmin: viewer.isSuperAdmin, datacenter: 'here' };
        const chosen = matching((image) => choiceFault({ ...image, name: 'image', isAttachedHere: true, isAttachedAnywhere: true }, chooser) === null);
        expect(chosen).toEqual(await found(usable(viewer).sql));
      }),
      { numRuns: 40 },
    );
  });
});
