import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { openDatabase } from '../../src/platform/database/database.js';
import { databaseOf, type GatewayProcess, startFresh } from '../support/gateway.js';
import { imageFacts, insertImages } from '../support/image-rows.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

const FACTS = [1, 2, 3, 4, 5, 6].map(imageFacts);
const [IMAGE] = FACTS as [ReturnType<typeof imageFacts>];

interface Refusal {
  code: string;
  message: string;
  errors: { field: string; code: string }[];
}

describe('a parameter of the image server', () => {
  let gateway: GatewayProcess;
  let folder: TemporaryFolder;
  const get = async (path: string, headers: Record<string, string> = {}): Promise<Response> => fetch(`${gateway.url}/imgapi${path}`, { headers });
  const list = async (query: string): Promise<{ uuid: string }[]> => (await (await get(`/images?${query}`)).json()) as { uuid: string }[];

  beforeAll(async () => {
    ({ gateway, folder } = await startFresh());
    const database = await openDatabase(databaseOf(folder), ENTITIES);
    await insertImages(database.em.fork(), FACTS);
    await database.close(true);
  });
  afterAll(async () => {
    await gateway?.stop();
    await folder?.remove();
  });

  it.each(['limit=0', 'limit=', 'state=', 'marker=', 'sort=', 'name=', 'public=', 'account=', 'inclAdminFields=', 'unknown=', 'limit=0&state=&marker=', 'channel=*', 'inclAdminFields=false'])(
    'counts as absent: %s',
    async (query) => {
      expect(await list(query)).toEqual(await list(''));
      expect(await list(query)).toHaveLength(FACTS.filter(({ access }) => access !== 'DELETED').length);
    },
  );

  it.each(['bogus=1', 'bogus=1&bogus=2', '__proto__=1', 'constructor=1', 'toString=1', 'name[]=1', 'index=7', 'error=InternalError', `${'p'.repeat(3000)}=1`, `p=${'v'.repeat(3000)}`, '%00=1'].map((query) => [query.slice(0, 30), query] as const))(
    'is ignored where the protocol does not have it: %s',
    async (_start, query) => {
      expect(await list(query)).toEqual(await list(''));
      expect((await get(`/images/${IMAGE.uuid}?${query}`)).status).toBe(200);
    },
  );

  it.each<[string, string, string]>([
    ['limit=abc', 'limit', 'Invalid'],
    ['limit=-1', 'limit', 'Invalid'],
    ['limit=1.5', 'limit', 'Invalid'],
    ['limit=1e3', 'limit', 'Invalid'],
    ['limit=99999999999', 'limit', 'Invalid'],
    [`limit=${'9'.repeat(500)}`, 'limit', 'Invalid'],
    ['limit=1&limit=2', 'limit', 'Invalid'],
    ['state=maybe', 'state', 'Invalid'],
    ['state=constructor', 'state', 'Invalid'],
    ['state=active&state=all', 'state', 'Invalid'],
    ['public=maybe', 'public', 'Invalid'],
    ['public=toString', 'public', 'Invalid'],
    ['sort=name', 'sort', 'Invalid'],
    ['sort=published_at;drop', 'sort', 'Invalid'],
    ['marker=x', 'marker', 'Invalid'],
    ['marker=1', 'marker', 'Invalid'],
    ['marker=2026-02-30', 'marker', 'Invalid'],
    ['channel=dev', 'channel', 'Invalid'],
    ['inclAdminFields=yes', 'inclAdminFields', 'Invalid'],
    ['account=352971aa-31ba-496c-9ade-a379feaecd52', 'account', 'NotAllowed'],
    ['account=352971aa-31ba-496c-9ade-a379feaecd52&account=', 'account', 'NotAllowed'],
    [`tag.${'k'.repeat(3000)}=1`, `tag.${'k'.repeat(196)}…`, 'Invalid'],
    [`name=${'n'.repeat(3000)}`, 'name', 'Invalid'],
    [`tag.a=${'v'.repeat(3000)}`, 'tag.a', 'Invalid'],
    ['name=%00', 'name', 'Invalid'],
    ['tag.%00=1', 'tag.\0', 'Invalid'],
  ])('is refused in the words of the protocol: %s', async (query, field, code) => {
    const answer = await get(`/images?${query}`);
    const text = await answer.text();
    const refusal = JSON.parse(text) as Refusal;
    expect([answer.status, refusal.code, refusal.errors[0]?.field, refusal.errors[0]?.code]).toEqual([422, 'InvalidParameter', field, code]);
    expect(text.length).toBeLessThan(2000);
  });

  it('is refused with all others that are wrong, up to a bound', async () => {
    const answer = (await (await get('/images?limit=x&state=y&public=z')).json()) as Refusal;
    expect(answer.errors.map(({ field }) => field).sort()).toEqual(['limit', 'public', 'state']);
    const many = Array.from({ length: 40 }, (_, at) => `tag.${'t'.repeat(260)}${at}=1`).join('&');
    expect(((await (await get(`/images?${many}`)).json()) as Refusal).errors).toHaveLength(16);
    const tooMany = await get(`/images?${Array.from({ length: 65 }, (_, at) => `tag.t${at}=1`).join('&')}`);
    expect([tooMany.status, ((await tooMany.json()) as Refusal).message]).toEqual([422, 'the query has 65 parameters; at most 64 are accepted']);
  });

  it('matches nothing when a filter is given twice, and billing tags must all be there', async () => {
    expect(await list('name=image-1&name=image-1')).toEqual([]);
    expect(await list('billing_tag=paid&billing_tag=paid')).not.toEqual([]);
    expect(await list('billing_tag=paid&billing_tag=free')).toEqual([]);
  });

  it('shows no field of operators, at whichever endpoint', async () => {
    for (const path of ['/images', `/images/${IMAGE.uuid}`]) {
      const answer = await get(`${path}?inclAdminFields=true`);
      expect([answer.status, ((await answer.json()) as Refusal).code]).toEqual([401, 'UnauthorizedError']);
    }
  });

  it('is looked at for one image and its file too', async () => {
    const statusOf = async (path: string) => (await get(`/images/${IMAGE.uuid}${path}`)).status;
    expect(await Promise.all(['?account=x', '/file?account=x', '?channel=dev', '/file?channel=dev', '/file?index=1', '/file?index=x'].map(statusOf))).toEqual([422, 422, 422, 422, 404, 404]);
    expect(await Promise.all(['?channel=*', '?bogus=1', '?account=', '?channel='].map(statusOf))).toEqual([200, 200, 200, 200]);
  });

  it('is an unknown marker: 404', async () => {
    const answer = await get('/images?marker=aaaaaaaa-0000-4000-8000-000000000000');
    expect([answer.status, await answer.json()]).toEqual([404, { code: 'ResourceNotFound', message: 'image aaaaaaaa-0000-4000-8000-000000000000 not found' }]);
  });

  it('asks ping for a sample of an error, by its code or the name of its class', async () => {
    for (const [name, status, code] of [
      ['PreconditionFailed', 412, 'PreconditionFailed'], ['ResourceNotFoundError', 404, 'ResourceNotFound'], ['Internal', 500, 'InternalError'], ['BadRequestError', 400, 'BadRequestError'],
      ['ImageUuidAlreadyExists', 409, 'ImageUuidAlreadyExists'], ['StorageIsDownError', 503, 'StorageIsDown'],
    ] as const) {
      const sample = await get(`/ping?error=${name}`);
      expect([sample.status, await sample.json()]).toEqual([status, { code, message: 'pong' }]);
    }
    expect([(await get('/ping?error=toString')).status, (await get('/ping?error=')).status, (await get('/ping?bogus=1')).status]).toEqual([422, 200, 200]);
  });

  it.each(['~1', '~2', '*', '1.0.0', '2.0.0', '^2', '>=1', '~1 || ~9', '  ~2 ', ''])('may be an Accept-Version that this server has: %j', async (version) => {
    for (const path of ['/ping', '/images', `/images/${IMAGE.uuid}`]) expect((await get(path, { 'accept-version': version })).status).toBe(200);
  });

  it.each(['~3', '3.0.0', '~0', 'junk', '>2', '~1.1', '9'.repeat(5000), '~'.repeat(5000)].map((version) => [version.slice(0, 30), version] as const))('is refused as an Accept-Version that this server does not have: %s', async (_start, version) => {
    for (const path of ['/ping', '/images', `/images/${IMAGE.uuid}`, `/images/${IMAGE.uuid}/file`]) {
      const answer = await get(path, { 'accept-version': version });
      const { code, message } = (await answer.json()) as Refusal;
      expect([answer.status, code]).toEqual([400, 'InvalidVersion']);
      expect(message).toContain(`is not supported by GET ${path}`);
      expect(message.length).toBeLessThan(400);
    }
    expect((await get('/nowhere', { 'accept-version': version })).status).toBe(404);
  });
});
