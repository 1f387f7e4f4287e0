import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../support/world.js';
import { sendRaw } from '../support/raw-http.js';

const STRANGER = { 'x-forwarded-for': '203.0.113.1' };

interface Served {
  world: World;
  shown: string;
  hidden: string;
}

async function serve(atRoot: string): Promise<Served> {
  const world = await World.start({ settings: { TRUST_PROXY: '127.0.0.1', PUBLIC_IMGAPI_ROOT: atRoot } });
  return { world, shown: (await world.image('shown', { access: 'PUBLIC' })).uuid, hidden: (await world.image('hidden', { access: 'PRIVATE' })).uuid };
}

describe('the image server', () => {
  const servers = new Map<string, Served>();
  let world: World;
  let [shown, hidden] = ['', ''];
  const get = async (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${world.gateway.url}${path}`, init);
  const statusOf = async (path: string, init: RequestInit = {}): Promise<number> => (await get(path, { redirect: 'manual', ...init })).status;
  /** The tests below ask this gateway. */
  const use = (atRoot: string): void => void ({ world, shown, hidden } = servers.get(atRoot)!);

  beforeAll(async () => {
    for (const [atRoot, served] of await Promise.all(['off', 'on'].map(async (one) => [one, await serve(one)] as const))) servers.set(atRoot, served);
  });
  afterAll(async () => void (await Promise.all([...servers.values()].map(async (served) => served.world.close()))));

  describe.each(['off', 'on'])('with PUBLIC_IMGAPI_ROOT=%s', (atRoot) => {
    beforeAll(() => use(atRoot));

    it.each(['/imgapi', '/imgapi/'])('is found under the base URL %s by clients that append a path, and by those that join URLs by the standard rules', async (base) => {
      for (const joined of [`${base}/images`, `${base}/images/${shown}`, `${base}/images/${shown}/file`, `${base}/ping`, `${base}//images?limit=1`]) expect(await statusOf(joined)).toBe(200);
      for (const path of ['images', '/images', `images/${shown}`, `/images/${shown}/file`, 'ping', 'images?name=shown']) {
        const { pathname, search } = new URL(path, `${world.gateway.url}${base}`);
        expect((await get(pathname + search)).status).toBe(200);
      }
      const listed = (await (await get(new URL('/images?name=shown', world.gateway.url).pathname + '?name=shown')).json()) as { uuid: string }[];
      expect(listed.map(({ uuid }) => uuid)).toEqual([shown]);
    });

    it('shows fields for operators to trusted callers only, and finds nothing by them for others', async () => {
      const name = `billed-${atRoot}`;
      const { uuid } = await world.image(name, { access: 'PUBLIC' }, { manifest: { billing_tags: ['gold'], traits: { ssd: true } } });
      const operator = { billing_tags: ['gold'], traits: { ssd: true } };
      expect(await (await get(`/imgapi/images/${uuid}`)).json()).toMatchObject(operator);
      expect(await (await get('/imgapi/images?billing_tag=gold')).json()).toMatchObject([{ uuid, ...operator }]);
      const shownTo = async (path: string): Promise<object> => (await (await get(path, { headers: STRANGER })).json()) as object;
      for (const manifest of [await shownTo(`/imgapi/images/${uuid}`), ...((await shownTo(`/imgapi/images?name=${name}`)) as object[])]) {
        expect(Object.keys(manifest)).not.toContain('billing_tags');
        expect(Object.keys(manifest)).not.toContain('traits');
      }
      expect(await shownTo('/imgapi/images?billing_tag=gold')).toEqual([]);
      const { updateImage } = await world.admin.run('mutation ($name: String!) { updateImage(input: { name: $name, access: PRIVATE }) { task { id } } }', { name });
      await world.admin.ended(updateImage.task.id);
    });

    it('has nothing at its base, in the words of the protocol', async () => {
      for (const base of ['/imgapi', '/imgapi/', '/imgapi/?x=1', '/imgapi//']) {
        const answer = await get(base);
        expect([answer.status, answer.headers.get('content-type'), await answer.json()]).toEqual([404, 'application/json', { code: 'ResourceNotFound', message: '/ does not exist' }]);
      }
      expect(await statusOf('/imgapis/images')).toBe(404);
    });

    it('only reads, and says so, whatever the body of a request is', async () => {
      const bodies: RequestInit[] = [{}, { body: '' }, { body: 'junk' }, { body: '{}' }, { body: 'x'.repeat(2_000_000) }];
      const requests = bodies.flatMap((body) => ['application/json', 'text/plain', 'application/octet-stream'].map((type): RequestInit => ({ ...body, headers: { 'content-type': type } })));
      for (const init of requests) {
        const answer = await get('/imgapi/images?action=create-from-vm', { method: 'POST', ...init });
        expect([answer.status, answer.headers.get('allow'), await answer.json()]).toEqual([405, 'GET, HEAD', { code: 'MethodNotAllowedError', message: expect.stringContaining('POST is not allowed: this server only reads') }]);
      }
      for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        for (const path of [`/images/${shown}`, `/images/${shown}/file`, `/images/${shown}/icon`, '/ping']) expect(await statusOf(`/imgapi${path}`, { method })).toBe(405);
      }
      expect(await statusOf(`/imgapi/images/${shown}/icon`)).toBe(404);
    });

    it('names itself in its answers and in no others', async () => {
      for (const path of ['/ping', '/images', `/images/${shown}`, `/images/${shown}/file`, '/nowhere']) expect((await get(`/imgapi${path}`)).headers.get('server')).toMatch(/^image-gateway\/\d/);
      expect((await get('/livez')).headers.get('server')).toBeNull();
    });

    it('answers with the type of JSON that clients compare as a whole', async () => {
      for (const path of ['/ping', '/images', `/images/${shown}`, '/nowhere', '/images/x', '/images?limit=x']) expect([path, (await get(`/imgapi${path}`)).headers.get('content-type')]).toEqual([path, 'application/json']);
    });
  });

  describe('without PUBLIC_IMGAPI_ROOT', () => {
    beforeAll(() => use('off'));

    it('redirects paths of its own at the root, and is not there itself', async () => {
      for (const [path, target] of [['/images?limit=1', '/imgapi/images?limit=1'], [`/images/${shown}/file`, `/imgapi/images/${shown}/file`], ['/ping', '/imgapi/ping'], ['/images//evil.example', '/imgapi/images/evil.example']] as const) {
        const answer = await get(path, { redirect: 'manual' });
        expect([answer.status, answer.headers.get('location'), answer.headers.get('cache-control')]).toEqual([307, target, 'no-store']);
      }
      expect([await statusOf('/images', { method: 'POST' }), await statusOf('/state'), await statusOf('/imagesx')]).toEqual([405, 404, 404]);
      expect((await sendRaw(world.gateway.url, `GET //images HTTP/1.1\r\nHost: ${new URL(world.gateway.url).host}\r\n\r\n`)).status).toBe(404);
    });
  });

  describe('with PUBLIC_IMGAPI_ROOT alone', () => {
    beforeAll(() => use('on'));

    it('is the same at the root for clients that know no path', async () => {
      for (const path of ['/ping', '/images', '/images?state=all&limit=1', `/images/${hidden}`, `/images/${shown}/file`, '/images/x', '/images?limit=x', '/images/%ff', '/channels', '/images?account=x']) {
        const [root, base] = [await get(path), await get(`/imgapi${path}`)];
        expect([root.status, root.headers.get('etag'), root.headers.get('cache-control'), root.headers.get('server'), await root.text()])
          .toEqual([base.status, base.headers.get('etag'), base.headers.get('cache-control'), base.headers.get('server'), await base.text()]);
      }
      expect(await statusOf('/images', { method: 'POST', headers: { 'content-type': 'application/json' } })).toBe(405);
      expect(await statusOf('/images', { method: 'HEAD' })).toBe(200);
      expect(await statusOf('/images', { headers: { 'accept-version': '~3' } })).toBe(400);
    });

    it('shows strangers no more at the root than below its path', async () => {
      const listed = (await (await get('/images', { headers: STRANGER })).json()) as { uuid: string }[];
      expect(listed.map(({ uuid }) => uuid)).toEqual([shown]);
      expect([await statusOf(`/images/${hidden}`, { headers: STRANGER }), await statusOf(`/images/${hidden}/file`, { headers: STRANGER })]).toEqual([404, 404]);
      expect((await get(`/images/${hidden}/file`)).headers.get('cache-control')).toBe('private');
      const { status, body } = await sendRaw(world.gateway.url, 'GET /images HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n');
      expect([status, JSON.parse(body)]).toEqual([400, { code: 'InvalidHeader', message: expect.stringContaining('elsewhere.example') }]);
    });

    it('hides none of the other paths', async () => {
      expect(await Promise.all(['/livez', '/readyz', '/graphiql/', '/metrics'].map(async (path) => statusOf(path)))).toEqual([200, 200, 200, 200]);
      expect(await statusOf('/graphql', { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${world.admin.key}` }, body: '{"query":"{ __typename }"}' })).toBe(200);
      const nowhere = await get('/nowhere');
      expect([nowhere.status, Object.keys((await nowhere.json()) as object)]).toEqual([404, ['errors']]);
    });
  });
});
