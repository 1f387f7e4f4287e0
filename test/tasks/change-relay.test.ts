import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { type Database, migrate, openDatabase } from '../../src/platform/database/database.js';
import { DatabaseOutage } from '../../src/platform/database/outage/database-outage.js';
import { ChangeBus } from '../../src/tasks/changes/change-bus.js';
import { ChangeHistory } from '../../src/tasks/changes/change-history.js';
import { ChangeRelay, type RelayServices } from '../../src/tasks/changes/change-relay.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

const log = pino({ level: 'silent' });
let test: TestDatabase;
let database: Database;
let work: RelayServices;

beforeEach(async () => {
  test = await createTestDatabase();
  database = await openDatabase({ kind: 'postgres', url: test.url }, ENTITIES);
  await migrate(database);
  const history = new ChangeHistory(database);
  work = { history, changes: new ChangeBus(history), outage: new DatabaseOutage(database, log) };
});
afterEach(async () => {
  await database.close(true);
  await test.drop();
});

const run = async (statement: string): Promise<object[]> => database.em.fork().getConnection().execute<object[]>(statement);

it('goes on after messages that it cannot read', async () => {
  const relay = await ChangeRelay.start(test.url, work, log);
  const listener = work.changes.listen('task', { user: 'anna', cost: 1, isWanted: ({ taskId }) => taskId === 'wanted' });
  const sent = ['nonsense', 'null', '{"from":"other","change":7}', '{"from":"other","change":{"type":"unknown"}}', '{"from":"other","change":{"type":"task","taskId":"wanted","imageName":null}}'];
  for (const message of sent) await run(`select pg_notify('gateway_changes', '${message}')`);
  const { value } = await listener.next();
  expect(value).toMatchObject({ changes: [{ type: 'task', taskId: 'wanted' }] });
  await listener.return();
  await relay.stop();
});

it('leaves no connection open when it cannot begin', async () => {
  await run('alter table recorded_change rename to hidden');
  await expect(ChangeRelay.start(test.url, work, log)).rejects.toThrow('recorded_change');
  const ofRelay = "select count(*) as open from pg_stat_activity where datname = current_database() and query like 'select cast(extract(epoch%'";
  await vi.waitFor(async () => expect(await run(ofRelay)).toEqual([{ open: '0' }]));
});
