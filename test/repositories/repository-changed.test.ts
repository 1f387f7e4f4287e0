import { randomUUID } from 'node:crypto';
import { type ExecutionResult, type FormattedExecutionResult, parse } from 'graphql';
import { Registry } from 'prom-client';
import { buildSchema, type ResolverData } from 'type-graphql';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ApiKey } from '../../src/access/api-keys/api-key.entity.js';
import { Group } from '../../src/access/people/group.entity.js';
import { type GatewayContext, provide } from '../../src/access/request-container.js';
import { RequestContainerFactory } from '../../src/access/request-container-factory.js';
import { newApiKey } from '../../src/access/sign-in/api-key-secret.js';
import { SignIns } from '../../src/access/sign-in/authenticate.js';
import { SignInRefused } from '../../src/access/sign-in/sign-in-failure.js';
import { User } from '../../src/access/people/user.entity.js';
import { Datacenter } from '../../src/datacenters/datacenter.entity.js';
import { StreamMetrics } from '../../src/graphql/pipeline/stream-metrics.js';
import { subscribePerEvent } from '../../src/graphql/pipeline/event-results.js';
import { repositoryModule } from '../../src/repositories/repository.module.js';
import { ImageRepositoryChangedResolver } from '../../src/repositories/image-repository-changed.resolver.js';
import { ImageRepositoryResolver } from '../../src/repositories/image-repository.resolver.js';
import { ChangeBus } from '../../src/tasks/changes/change-bus.js';
import { TaskQueries } from '../../src/tasks/task.queries.js';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { createRefreshWorld, type RefreshWorld } from './refresh-world.js';

type Events = AsyncIterableIterator<FormattedExecutionResult>;

describe('watching repositories', () => {
  let world: RefreshWorld;
  let server: ImgapiRepository;
  let containers: RequestContainerFactory;
  let schema: Awaited<ReturnType<typeof buildSchema>>;
  let keys: { importer: string; plain: string };
  const open: Events[] = [];

  beforeAll(async () => {
    world = await createRefreshWorld();
    server = await startImgapiRepository({ images: [makeImage()] });
    await world.addRepository({ name: 'watched', url: server.url });
    await world.addRepository({ name: 'other', url: server.url });
    const parts = [
      provide(ChangeBus, () => world.changes),
      provide(TaskQueries, (container) => new TaskQueries(container.em, container.viewer)),
      ...repositoryModule({ ...world, credentialsFor: () => undefined }),
    ];
    const signIns = new SignIns({ database: world.database, verifyToken: () => Promise.reject(new SignInRefused({ reason: 'malformed', username: null })), keyUses: null, provision: false, log: { info: () => undefined } });
    containers = new RequestContainerFactory(world.database, signIns, parts);
    schema = await buildSchema({
      resolvers: [ImageRepositoryResolver, ImageRepositoryChangedResolver],
      validate: false,
      pubSub: { publish: () => undefined, subscribe: () => { throw new Error('not used'); } },
      container: ({ context }: ResolverData) => (context as GatewayContext).container,
    });
    keys = await createPeople();
  });
  afterEach(async () => {
    for (const events of open.splice(0)) await events.return?.();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await server.close();
  });

  async function createPeople(): Promise<{ importer: string; plain: string }> {
    const em = world.database.em.fork();
    const [importer, plain] = [em.create(User, { username: 'importer' }), em.create(User, { username: 'plain' })];
    const group = em.create(Group, { name: 'importers', alias: 'importers', permissions: ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'] });
    const main = em.create(Datacenter, { name: 'main', alias: 'main', access: 'PUBLIC', owner: world.operator.userId });
    importer.groups.add(group);
    await em.flush();
    await em.getConnection().execute(`insert into datacenter_group (group_id, datacenter_id) values (${group.id}, ${main.id})`);
    const keyOf = (user: User): string => {
      const { key, hash } = newApiKey();
      em.create(ApiKey, { id: randomUUID(), user, name: 'key', hash });
      return key;
    };
    const made = { importer: keyOf(importer), plain: keyOf(plain) };
    await em.flush();
    return made;
  }

  async function watch(key: string, name?: string): Promise<Events | FormattedExecutionResult> {
    const context: GatewayContext = { container: await containers.open(`Bearer ${key}`), requestId: 'request' };
    const document = parse('subscription ($name: String) { imageRepositoryChanged(name: $name) { name status imageCount } }');
    const result = await subscribePerEvent({ schema, document, variableValues: { name }, contextValue: context }, { formatResult: (shown) => shown, metrics: new StreamMetrics(new Registry()) });
    if (Symbol.asyncIterator in result) open.push(result);
    return result;
  }

  it('announces when a refresh starts or at least when it ends, and of no other repository when one is named', async () => {
    const events = (await watch(keys.importer, 'watched')) as Events;
    await world.as(world.operator).service.refresh('other');
    await world.as(world.operator).service.refresh('watched');
    let told: { status?: string } = {};
    while (told.status !== 'OK') {
      const { value } = await events.next();
      told = (value as FormattedExecutionResult).data?.['imageRepositoryChanged'] as typeof told;
      expect(told).toMatchObject({ name: 'watched' });
    }
    expect(told).toEqual({ name: 'watched', status: 'OK', imageCount: 1 });
  });

  it('refuses who may not import anywhere, before it listens', async () => {
    const refused = (await watch(keys.plain)) as ExecutionResult;
    expect(refused.errors?.[0]?.originalError).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('ends with the reason once the permission is gone', async () => {
    const events = (await watch(keys.importer)) as Events;
    await world.database.em.fork().getConnection().execute('delete from datacenter_group');
    await world.as(world.operator).service.refresh('watched');
    await expect(events.next()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await events.next()).toMatchObject({ done: true });
  });
});
