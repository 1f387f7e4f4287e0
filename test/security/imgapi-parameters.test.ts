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
  const get = async (path: string): Promise<Response> => fetch(`${gateway.url}/imgapi${path}`);
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
    ['bogus=1', 'bogus', 'NotAllowed'],
    ['__proto__=1', '__proto__', 'NotAllowed'],
    ['constructor=1', 'constructor', 'NotAllowed'],
    ['name[]=1', 'name[]', 'NotAllowed'],
    [`${'p'.repeat(3000)}=1`, `${'p'.repeat(200)}…`, 'NotAllowed'],
    [`tag.${'k'.repeat(3000)}=1`, `tag.${'k'.repeat(196)}…`, 'NotAllowed'],
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
    const many = Array.from({ length: 60 }, (_, at) => `p${at}=1`).join('&');
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
    expect(await Promise.all(['?account=x', '?bogus=1', '?channel=dev', '/file?index=1', '/file?index=x', '/file?bogus=1'].map(statusOf))).toEqual([422, 422, 422, 404, 404, 422]);
    expect(await statusOf('?channel=*')).toBe(200);
  });

  it('is an unknown marker: 404', async () => {
    const answer = await get('/images?marker=aaaaaaaa-0000-4000-8000-000000000000');
    expect([answer.status, await answer.json()]).toEqual([404, { code: 'ResourceNotFound', message: 'image aaaaaaaa-0000-4000-8000-000000000000 not found' }]);
  });

  it('asks ping for a sample of an error', async () => {
    const sample = await get('/ping?error=PreconditionFailed');
    expect([sample.status, await sample.json()]).toEqual([412, { code: 'PreconditionFailed', message: 'pong' }]);
    expect((await get('/ping?error=toString')).status).toBe(422);
    expect((await get('/ping?bogus=1')).status).toBe(422);
  });
});
