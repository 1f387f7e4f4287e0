import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../src/platform/database/in-transaction.js';
import { readRows } from '../../src/platform/database/read/read-rows.js';
import { sqlText } from '../../src/platform/database/sql-text.js';
import { deleteOldKeys, KEY_LIFE_MS, type KeyedRequest, keyedRequest, recordKey, taskOfKey } from '../../src/tasks/idempotency/idempotency-keys.js';
import { TASK_IDS } from '../../src/tasks/task.type.js';
import { openMigratedDatabase, type TestedDatabase } from '../support/database.js';

const NOW = 1_800_000_000_000;
const TASKS = ['01', '02'].map((end) => `00000000-0000-7000-8000-0000000000${end}`);
let opened: TestedDatabase;
beforeAll(async () => {
  opened = await openMigratedDatabase();
  const run = async (statement: string): Promise<unknown> => opened.database.em.fork().getConnection().execute(statement, [], 'run');
  await run("insert into user_account (id, username, created_at) values (1, 'one', 0), (2, 'two', 0)");
  for (const id of TASKS) {
    await run(`insert into task (id, action, status, phase, attempts, cancel_requested, user_id, detail, instructions, created_at, finished_at) values ('${id}', 'IMAGE_IMPORT', 'SUCCEEDED', 'DONE', 0, false, 1, '{}', '{}', 0, 0)`);
  }
});
afterAll(async () => opened?.close());

function request(userId: number, idempotencyKey: string, input: object): KeyedRequest {
  const keyed = keyedRequest(userId, { idempotencyKey, ...input });
  if (keyed === null) throw new Error('There is a key.');
  return keyed;
}

async function record(one: KeyedRequest, taskId: string, now: number): Promise<void> {
  await inTransaction(opened.database.em.fork(), async (tx) => recordKey(tx, one, taskId, now));
}

async function keys(): Promise<string[]> {
  return (await readRows<[string]>(opened.database.em.fork(), sqlText`select request_key from idempotency_key order by request_key`)).map(([key]) => key);
}

describe('an idempotency key', () => {
  const [first = '', second = ''] = TASKS;

  it('stands for one input, whatever the order of its fields, and without those that are null', async () => {
    const em = opened.database.em.fork();
    await record(request(1, 'k', { name: 'a', tags: ['x', 'y'], alias: null }), first, NOW);
    expect(await taskOfKey(em, request(1, 'k', { tags: ['x', 'y'], dryRun: true, name: 'a', owner: undefined }), NOW + 1)).toBe(first);
    for (const other of [{ name: 'b', tags: ['x', 'y'] }, { name: 'a', tags: ['y', 'x'] }, { name: 'a' }, { name: 'a', tags: ['x', 'y'], dcBound: false }]) {
      await expect(taskOfKey(em, request(1, 'k', other), NOW + 1)).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringMatching(/^The idempotencyKey "k" was used/), extensions: { current: { task: TASK_IDS.encode(first) } } });
    }
    expect(await taskOfKey(em, request(2, 'k', { name: 'b' }), NOW + 1)).toBeNull();
    expect(keyedRequest(1, { name: 'a' } as never)).toBeNull();
  });

  it('ends after a day, can then be used anew, and is deleted', async () => {
    const em = opened.database.em.fork();
    const [one, another] = [request(1, 'daily', { name: 'a' }), request(1, 'daily', { name: 'b' })];
    await record(one, first, NOW);
    expect(await taskOfKey(em, one, NOW + KEY_LIFE_MS - 1)).toBe(first);
    expect(await taskOfKey(em, one, NOW + KEY_LIFE_MS)).toBeNull();
    await record(another, second, NOW + KEY_LIFE_MS);
    expect(await taskOfKey(em, another, NOW + KEY_LIFE_MS)).toBe(second);
    await record(request(2, 'late', { name: 'c' }), second, NOW + KEY_LIFE_MS + 5);
    expect(await keys()).toEqual(['daily', 'k', 'late']);
    expect(await deleteOldKeys(em, NOW + KEY_LIFE_MS + 1)).toBe(1);
    expect(await deleteOldKeys(em, NOW + 2 * KEY_LIFE_MS)).toBe(1);
    expect(await keys()).toEqual(['late']);
  });
});
