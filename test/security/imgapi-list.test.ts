import { CompiledQuery } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventLoopQueue } from '../../src/platform/scheduling/event-loop-queue.js';
import { listImages, type ListContext, startOf } from '../../src/image-server/list-images.js';
import { readListQuery } from '../../src/image-server/list-query.js';
import { readListVersion } from '../../src/image-server/catalogue.js';
import { datePublications, hasUndatedImages } from '../../src/images/manifest/date-publications.js';
import { prepareFirstStart } from '../../src/first-start.js';
import type { Database } from '../../src/platform/database/database.js';
import { DATABASE, openMigratedDatabase, type TestedDatabase } from '../support/database.js';
import { type ImageFacts, imageFacts, insertImages } from '../support/image-rows.js';
import { type Statement, watchStatements } from '../support/statements.js';

const IMAGES = 4000;
const FACTS = Array.from({ length: IMAGES }, (_, at) => imageFacts(at + 1));

type Query = Record<string, string>;
interface Shown {
  uuid: string;
  published_at: string;
}

describe('the list of the image server', () => {
  let opened: TestedDatabase;
  let database: Database;
  let ran: Statement[] = [];
  const change = async (sql: string): Promise<void> => void (await database.em.fork().getConnection().execute(sql, [], 'run'));

  beforeAll(async () => {
    opened = await openMigratedDatabase();
    ({ database } = opened);
    await prepareFirstStart(database);
    await insertImages(database.em.fork(), FACTS);
    await change('analyze');
    watchStatements(database, (statement) => ran.push(statement));
  });
  afterAll(async () => opened?.close());

  function contextOf(query: Query, isTrusted = true, queue = new EventLoopQueue()): ListContext {
    const read = readListQuery(query);
    if ('status' in read) throw new Error(read.body.message);
    return { em: database.em.fork(), query: read, isTrusted, queue, onStep: () => undefined };
  }
  async function chunksOf(asked: ListContext): Promise<AsyncGenerator<string>> {
    const start = await startOf(asked);
    if (start === null) throw new Error('The marker is unknown.');
    return listImages(asked, start);
  }
  async function list(query: Query, isTrusted = true): Promise<Shown[]> {
    let text = '';
    for await (const chunk of await chunksOf(contextOf(query, isTrusted))) text += chunk;
    return JSON.parse(text) as Shown[];
  }
  const uuids = async (query: Query, isTrusted = true): Promise<string[]> => (await list(query, isTrusted)).map(({ uuid }) => uuid);

  /** What the list must be, by another way: everything in memory. */
  function expected(isAsked: (image: ImageFacts) => boolean, descending = false): string[] {
    const direction = descending ? -1 : 1;
    return FACTS.filter(isAsked).sort((a, b) => direction * (a.publishedAt - b.publishedAt || (a.uuid < b.uuid ? -1 : 1))).map(({ uuid }) => uuid);
  }
  const isActive = ({ access }: ImageFacts): boolean => access !== 'DELETED';

  it.each<[Query, (image: ImageFacts) => boolean]>([
    [{}, isActive],
    [{ state: 'all' }, () => true],
    [{ state: 'disabled' }, ({ access }) => access === 'DELETED'],
    [{ state: 'unactivated' }, () => false],
    [{ public: 'true' }, ({ access }) => access === 'PUBLIC'],
    [{ public: 'false' }, ({ access }) => access === 'PRIVATE'],
    [{ public: 'false', state: 'all' }, ({ access }) => access !== 'PUBLIC'],
    [{ public: 'true', state: 'disabled' }, () => false],
    [{ name: 'image-41' }, (image) => image.name === 'image-41' && isActive(image)],
    [{ name: '~e-41' }, (image) => image.name.includes('e-41') && isActive(image)],
    [{ name: '~IMAGE' }, () => false],
    [{ version: '1.3' }, (image) => image.version === '1.3' && isActive(image)],
    [{ version: '~.3' }, (image) => image.version === '1.3' && isActive(image)],
    [{ os: 'bsd' }, (image) => image.os === 'bsd' && isActive(image)],
    [{ type: 'zone-dataset' }, (image) => image.type === 'zone-dataset' && isActive(image)],
    [{ type: '!zone-dataset' }, (image) => image.type !== 'zone-dataset' && isActive(image)],
    [{ owner: '352971aa-31ba-496c-9ade-a379feaecd52' }, isActive],
    [{ owner: '00000000-0000-0000-0000-000000000000' }, () => false],
    [{ 'tag.group': 'g7' }, (image) => image.tags.group === 'g7' && isActive(image)],
    [{ 'tag.group': 'g7', os: 'linux' }, (image) => image.tags.group === 'g7' && image.os === 'linux' && isActive(image)],
    [{ 'tag.group': '' }, () => false],
    [{ 'tag.list': '' }, (image) => 'list' in image.tags && isActive(image)],
    [{ 'tag.long': '' }, (image) => 'long' in image.tags && isActive(image)],
    [{ 'tag.long': 'x'.repeat(101) }, () => false],
    [{ 'tag.flag': 'true' }, (image) => 'flag' in image.tags && isActive(image)],
    [{ 'tag.resize': 'false' }, isActive],
    [{ 'tag.resize': 'true' }, () => false],
    [{ billing_tag: 'paid' }, isActive],
    [{ billing_tag: 'free' }, () => false],
    [{ name: '%' }, () => false],
    [{ name: "' or 1=1 --" }, () => false],
  ])('for %j has what is asked for, oldest first, and backward likewise', async (query, isAsked) => {
    expect(await uuids(query)).toEqual(expected(isAsked));
    expect(await uuids({ ...query, sort: 'published_at.desc' })).toEqual(expected(isAsked, true));
    // Strangers are not shown billing tags, so they find nothing by them.
    expect(await uuids(query, false)).toEqual(expected((image) => isAsked(image) && image.access === 'PUBLIC' && !('billing_tag' in query)));
  });

  it('begins at a marker, itself included, and ends after the limit', async () => {
    const all = expected(isActive);
    for (const [sort, ordered] of [['published_at.asc', all], ['published_at.desc', all.toReversed()]] as const) {
      const paged: string[] = [];
      for (let marker = ''; ; ) {
        const page = await uuids({ sort, marker, limit: '1000' });
        // The marker comes again.
        expect(page[0]).toBe(marker || ordered[0]);
        paged.push(...page.slice(marker === '' ? 0 : 1));
        if (page.length < 1000) break;
        marker = page.at(-1)!;
      }
      expect(paged).toEqual(ordered);
    }
  });

  it('begins at an instant, itself included', async () => {
    const [, , image] = FACTS;
    const marker = new Date(image!.publishedAt).toISOString();
    expect(await uuids({ marker })).toEqual(expected((one) => isActive(one) && one.publishedAt >= image!.publishedAt));
    expect(await uuids({ marker, sort: 'published_at.desc' })).toEqual(expected((one) => isActive(one) && one.publishedAt <= image!.publishedAt, true));
  });

  it('knows no marker that the caller may not see', async () => {
    const hidden = FACTS.find(({ access }) => access === 'PRIVATE')!;
    expect(await startOf(contextOf({ marker: hidden.uuid }, false))).toBeNull();
    expect(await startOf(contextOf({ marker: hidden.uuid }, true))).not.toBeNull();
  });

  describe('is read along an index:', () => {
    async function plansOf(query: Query, isTrusted: boolean): Promise<string[]> {
      ran = [];
      await list(query, isTrusted);
      const asked = ran.filter(({ sql }) => sql.includes('from image i') && sql.includes('order by'));
      const plans: string[] = [];
      await database.em.fork().transactional(async (tx) => {
        // So few rows are read whole in no time; what counts is that there is another way.
        if (DATABASE === 'postgres') await tx.getKysely().executeQuery(CompiledQuery.raw('set local enable_seqscan = off'));
        for (const { sql, parameters } of asked) {
          const { rows } = await tx.getKysely().executeQuery<Record<string, unknown>>(CompiledQuery.raw(`${DATABASE === 'sqlite' ? 'explain query plan' : 'explain (costs off)'} ${sql}`, [...parameters]));
          plans.push(rows.map((row) => String(row.detail ?? row['QUERY PLAN'])).join('\n'));
        }
      });
      return plans;
    }

    it.each<[string, Query, boolean, string]>([
      ['one image', { limit: '1' }, true, 'image_published_index'],
      ['one image of a stranger', { limit: '1' }, false, 'image_access_published_index'],
      ['the newest', { limit: '1', sort: 'published_at.desc' }, true, 'image_published_index'],
      ['everything', {}, true, 'image_published_index'],
      ['everything public', {}, false, 'image_access_published_index'],
      ['disabled images', { state: 'disabled', limit: '1' }, true, 'image_access_published_index'],
      ['from a marker', { marker: FACTS[5]!.uuid, limit: '1' }, true, 'image_published_index'],
      ['a filter that none passes', { os: 'plan9' }, true, 'image_published_index'],
      ['a name', { name: 'image-1234' }, true, 'image_name_unique'],
    ])('%s', async (_what, query, isTrusted, index) => {
      const plans = await plansOf(query, isTrusted);
      expect(plans.length).toBeGreaterThan(0);
      for (const plan of plans) expect(plan).not.toMatch(/SCAN i$|Seq Scan|TEMP B-TREE/m);
      // Postgres may sort the few images of a span, but finds its end without.
      for (const plan of plans.slice(0, 1)) expect(plan).not.toMatch(query.name === undefined ? /\bSort\b/ : /Seq/);
      expect(plans.filter((plan) => plan.includes(index)).length).toBeGreaterThan(0);
    });

    it('one image takes a bounded number of rows, and of statements', async () => {
      ran = [];
      await list({ limit: '1' });
      expect(ran.length).toBeLessThanOrEqual(2);
      expect(ran.at(-1)?.parameters.at(-1)).toBe(1);
    });
  });

  it('lets others have a turn between any two of its steps, however many lists there are', async () => {
    let rounds = 0;
    let isOver = false;
    const count = (): void => {
      rounds += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    let [steps, bytes] = [0, 0];
    const queue = new EventLoopQueue();
    await Promise.all(Array.from({ length: 5 }, async () => {
      const one = { ...contextOf({}, true, queue), onStep: () => void (steps += 1) };
      for await (const chunk of await chunksOf(one)) bytes += chunk.length;
    }));
    isOver = true;
    expect(bytes).toBeGreaterThan(5 * IMAGES * 500);
    expect(steps).toBeGreaterThan(5 * 4);
    expect(rounds).toBeGreaterThanOrEqual(steps);
  });

  it('is not read further than its reader takes it', async () => {
    let steps = 0;
    const chunks = await chunksOf({ ...contextOf({}), onStep: () => void (steps += 1) });
    await chunks.next();
    const taken = steps;
    for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(steps).toBe(taken);
    await chunks.return(undefined);
  });

  it('leaves out what is removed while it is read, has what comes behind its position, and nothing twice', async () => {
    const ordered = expected(isActive);
    const chunks = await chunksOf(contextOf({}));
    let text = (await chunks.next()).value as string;
    const removed = [ordered[0]!, ordered.at(-2)!];
    await change(`delete from image where uuid in ('${removed.join("', '")}')`);
    const late = { ...imageFacts(IMAGES + 1), access: 'PUBLIC' as const, publishedAt: Date.UTC(2030, 0, 1) };
    const early = { ...imageFacts(IMAGES + 2), access: 'PUBLIC' as const, publishedAt: Date.UTC(2020, 0, 1) };
    await insertImages(database.em.fork(), [late, early]);
    for await (const chunk of chunks) text += chunk;
    const seen = (JSON.parse(text) as Shown[]).map(({ uuid }) => uuid);
    expect(seen).toEqual([...ordered.filter((uuid) => uuid !== removed[1]), late.uuid]);
    await change(`delete from image where id > ${IMAGES}`);
    await insertImages(database.em.fork(), FACTS.filter(({ uuid }) => removed.includes(uuid)));
  });

  describe('has a version that', () => {
    const version = async (): Promise<string> => readListVersion(database.em.fork());

    it.each([
      ['an access', "update image set access = 'PUBLIC' where id = 8"],
      ['a description', "update image set description = 'new' where id = 8"],
      ['a tag', "insert into image_tag (image_id, tag, position) values (8, 'one', 0)"],
      ['the order of tags', "update image_tag set position = 5 where image_id = 8 and tag = 'one'"],
      ['a tag that goes', "delete from image_tag where image_id = 8 and tag = 'one'"],
      ['a version', "update image set version = '9' where id = 8"],
      ['resize', "update image set resize = (1 = 1) where id = 8"],
      ['an image that goes', 'delete from image where id = 8'],
    ])('changes with %s', async (_what, sql) => {
      const before = await version();
      await change(sql);
      expect(await version()).not.toBe(before);
    });

    it('changes with an image that comes', async () => {
      const before = await version();
      await insertImages(database.em.fork(), [imageFacts(8)]);
      expect(await version()).not.toBe(before);
    });

    it('stays with what no manifest shows, and with a change that is taken back', async () => {
      const before = await version();
      await change('update image set owner_id = 1, updated_at = 5 where id = 9');
      await change('insert into image_attachment (image_id, datacenter_id) values (9, 1)');
      await database.em.fork().transactional(async (tx) => {
        await tx.getConnection().execute("update image set description = 'x' where id = 9", [], 'run', tx.getTransactionContext());
        throw new Error('taken back');
      }).catch(() => undefined);
      expect(await version()).toBe(before);
    });

    it('lets changes of different images go on side by side', async () => {
      // SQLite has one writer anyway.
      if (DATABASE === 'sqlite') return;
      await database.em.fork().transactional(async (one) => {
        await one.getConnection().execute("update image set description = 'one' where id = 10", [], 'run', one.getTransactionContext());
        await change("update image set description = 'other' where id = 11");
      });
      expect(await list({ name: 'image-10' })).toMatchObject([{ description: 'one' }]);
    });
  });

  it('has images whose date something else wrote in a form of its own, once they are dated', async () => {
    await change(`update image set published_at = null, manifest = replace(manifest, '"published_at":"', '"published_at":"  ') where id in (12, 13)`);
    expect(await hasUndatedImages(database.em.fork())).toBe(true);
    await Promise.all([datePublications(database.em.fork()), datePublications(database.em.fork())]);
    expect(await hasUndatedImages(database.em.fork())).toBe(false);
    for (const id of [12, 13]) expect(await list({ name: `image-${id}`, state: 'all' })).toMatchObject([{ published_at: new Date(imageFacts(id).publishedAt).toISOString() }]);
  });

  it.each<[string, string | undefined, number]>([
    ['in the form of IMGAPI', '2026-03-01T10:20:30Z', Date.UTC(2026, 2, 1, 10, 20, 30)],
    ['with milliseconds', '2026-03-01T10:20:30.456Z', Date.UTC(2026, 2, 1, 10, 20, 30, 456)],
    ['with a zone', '2026-03-01T10:20:30+0200', Date.UTC(2026, 2, 1, 8, 20, 30)],
    ['that is none', 'now', 5],
    ['of a day that is none', '2026-02-30T00:00:00Z', 5],
    ['with a character that databases refuse', '2026-03-01T10:20:30Z\0', Date.UTC(2026, 2, 1, 10, 20, 30)],
    ['that is missing', undefined, 5],
  ])('shows a date %s as it is ordered', async (_what, written, ms) => {
    const image = imageFacts(IMAGES + 3);
    const manifest = JSON.stringify({ uuid: image.uuid, name: image.name, type: 'zvol', os: 'linux', published_at: written });
    await insertImages(database.em.fork(), [image]);
    const connection = database.em.fork().getConnection();
    await connection.execute('update image set manifest = ?, created_at = 5, published_at = null where id = ?', [manifest, image.id], 'run');
    await datePublications(database.em.fork());
    const [row] = await connection.execute('select * from image where id = ?', [image.id]);
    await change(`delete from image where id = ${image.id}`);
    // The trigger agrees with the gateway, or leaves the date to it.
    const { published_at: _dated, ...bare } = row!;
    const names = Object.keys(bare);
    await connection.execute(`insert into image (${names.join()}) values (${names.map(() => '?').join()})`, Object.values({ ...bare, manifest }), 'run');
    const [again] = await connection.execute('select published_at from image where id = ?', [image.id]);
    expect([null, ms]).toContain(again!.published_at === null ? null : Number(again!.published_at));
    await datePublications(database.em.fork());
    expect(await list({ name: image.name, state: 'all' })).toMatchObject([{ published_at: new Date(ms).toISOString() }]);
    await change(`delete from image where id = ${image.id}`);
  });
});
